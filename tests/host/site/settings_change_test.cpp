#include "host/site/settings_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SettingsChangeTest : public testing::Test {
 protected:
  std::vector<std::string> settle(LoadedSettings next) {
    std::vector<std::string> lines;
    for (const SettingsChange::Line& line : change_.settle(now_, next)) {
      lines.push_back((line.level == LogLevel::kWarning ? "WARN " : "INFO ") + line.text);
    }
    now_ = std::move(next);
    return lines;
  }

  static LoadedSettings with(const std::string& key, const std::string& value) {
    LoadedSettings loaded;
    loaded.origins = {{key, value, "site.yaml:1"}};
    return loaded;
  }

  LoadedSettings now_;
  SettingsChange change_;
};

TEST_F(SettingsChangeTest, SaysWhatChanges) {
  now_ = with("server.queue", "5");
  EXPECT_THAT(settle(with("server.queue", "7")),
              ElementsAre("INFO setting server.queue = 7 (site.yaml:1)"));
  EXPECT_THAT(settle(with("server.queue", "7")), IsEmpty());
}

TEST_F(SettingsChangeTest, SaysOnceWhatMustWait) {
  now_ = with("server.listen", "tcp:a");
  EXPECT_THAT(settle(with("server.listen", "tcp:b")),
              ElementsAre("WARN setting server.listen = tcp:b (site.yaml:1) takes effect when the "
                          "host is started anew"));
  EXPECT_EQ(now_.origins[0].value, "tcp:a");
  EXPECT_THAT(settle(with("server.listen", "tcp:b")), IsEmpty());
  EXPECT_EQ(settle(with("server.listen", "tcp:c")).size(), 1u);
  EXPECT_THAT(settle(with("server.listen", "tcp:a")), IsEmpty());
  EXPECT_EQ(settle(with("server.listen", "tcp:c")).size(), 1u) << "it had gone back meanwhile";
}

TEST_F(SettingsChangeTest, SaysANoticeOnce) {
  LoadedSettings next;
  next.notices = {"debug.path is set but has no effect"};
  EXPECT_THAT(settle(next), ElementsAre("WARN debug.path is set but has no effect"));
  EXPECT_THAT(settle(next), IsEmpty());
}

TEST_F(SettingsChangeTest, KeepsWhereTheLogGoesButNotWhatIsInIt) {
  now_.settings.log = {"old.log", LogLevel::kInfo, "text", 1, 2, false};
  now_.settings.server.listen = "tcp:a";
  LoadedSettings next;
  next.settings.log = {"new.log", LogLevel::kDebug, "json", 3, 4, true};
  next.settings.server.listen = "tcp:b";
  settle(next);
  const Settings::Log& log = now_.settings.log;
  EXPECT_EQ(log.file, "old.log");
  EXPECT_EQ(log.format, "text");
  EXPECT_EQ(log.level, LogLevel::kDebug);
  EXPECT_TRUE(log.requests);
  EXPECT_EQ(now_.settings.server.listen, "tcp:a");
}

TEST(DescribeSettingProblem, SaysWhatHasBecomeOfASettingThatIsMissingNow) {
  TempDirectory temp;
  const auto file = temp.write("holdfast.yaml", "");
  LoadedSettings before;
  before.files = {file};
  before.origins = {{"app.handler", "app.app", file.string() + ":1"}};
  const SettingProblem problem{"default", "it must be set", "app.handler"};
  EXPECT_EQ(describe(problem, before), "nothing says any more, as " + file.string() +
                                           ":1 did, what app.handler is: it must be set");
  std::filesystem::remove(file);
  EXPECT_EQ(describe(problem, before),
            file.string() +
                " is not there any more, and nothing else says what app.handler is: "
                "it must be set");
  before.origins[0].source = "default";
  EXPECT_EQ(describe(problem, before), "default: it must be set");
  EXPECT_EQ(describe({"site.yaml:3", "is wrong", "app.handler"}, before), "site.yaml:3: is wrong");
}

}  // namespace
}  // namespace holdfast
