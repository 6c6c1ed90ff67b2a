#include "host/site/waiting_reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

ReloadReason changed(std::vector<std::string> names, std::size_t count = 0) {
  ReloadReason reason;
  reason.count = std::max(count, names.size());
  reason.names = std::move(names);
  return reason;
}

proxy::Hold at(const std::string& file, int line) {
  proxy::Hold hold;
  hold.file = file;
  hold.line = line;
  return hold;
}

TEST(WaitingReload, SaysOnceWhatItWaitsForAndHowNotTo) {
  WaitingReload waiting;
  EXPECT_EQ(waiting.add(changed({"app.py"}), at("/srv/views.py", 42)),
            "app.py changed: waits until the breakpoint at /srv/views.py:42 is let go; SIGHUP does "
            "it at once for the ordinary workers");
  EXPECT_EQ(waiting.add(changed({"app.py"}), at("/srv/views.py", 42)), "");
  ASSERT_TRUE(waiting.take());
  EXPECT_THAT(waiting.add(changed({"app.py"}), at("/srv/views.py", 43)), HasSubstr(":43"))
      << "another hold";
}

TEST(WaitingReload, SaysWhatIsKnownOfTheHold) {
  EXPECT_THAT(WaitingReload().add(changed({"a.py"}), proxy::Hold()),
              StartsWith("a.py changed: waits until the debugger lets the app go;"));
  EXPECT_THAT(WaitingReload().add(changed({"a.py"}), {}), HasSubstr("may hold"));
  proxy::Hold unknown;
  unknown.kind = proxy::Hold::Kind::kUnknown;
  EXPECT_THAT(WaitingReload().add(changed({"a.py"}), unknown), HasSubstr("may hold"));
}

TEST(WaitingReload, IsOneForAllThatHasChanged) {
  WaitingReload waiting;
  EXPECT_FALSE(waiting.take());
  waiting.add(changed({"a.py", "b.py"}), {});
  ReloadReason settings = changed({"holdfast.yaml", "a.py", "c.py"}, 7);
  settings.settings_changed = true;
  waiting.add(settings, {});
  waiting.add(changed({"a.py"}), {});
  const auto reason = waiting.take();
  ASSERT_TRUE(reason);
  EXPECT_EQ(describe(*reason), "a.py, b.py, holdfast.yaml and 5 more changed");
  EXPECT_TRUE(reason->settings_changed);
  EXPECT_FALSE(waiting.take());
}

}  // namespace
}  // namespace holdfast
