#include "proxy/bridge/lasting_hold.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;

constexpr LastingHold::Time kStart{100h};

std::optional<Hold> holdAt(int line, LastingHold::Time since) {
  Hold hold;
  hold.since = since;
  hold.file = "/srv/views.py";
  hold.line = line;
  return hold;
}

TEST(LastingHold, SaysItsBeginningAndItsEnd) {
  LastingHold lasting;
  lasting.see(std::nullopt, kStart);
  const auto hold = holdAt(42, kStart + 1s);
  lasting.see(hold, kStart + 1s);
  EXPECT_EQ(lasting.text(), "");
  lasting.see(hold, kStart + 2s);
  EXPECT_EQ(lasting.text(), "held at views.py:42");
  lasting.see(std::nullopt, kStart + 131s);
  EXPECT_EQ(lasting.text(), "held at views.py:42");
  lasting.see(std::nullopt, kStart + 132s);
  EXPECT_EQ(lasting.text(), "runs again after 2 min 10 s");
  lasting.see(std::nullopt, kStart + 1h);
  EXPECT_EQ(lasting.text(), "runs again after 2 min 10 s");
}

TEST(LastingHold, PassesOverSteps) {
  LastingHold lasting;
  auto now = kStart;
  for (int line = 1; line < 10; ++line, now += 900ms) {
    lasting.see(holdAt(line, now), now);
    lasting.see(std::nullopt, now + 800ms);
  }
  EXPECT_EQ(lasting.text(), "");
  lasting.see(holdAt(10, now), now + 1s);
  EXPECT_EQ(lasting.text(), "held at views.py:10");
}

TEST(LastingHold, SaysOnlyTheNextStopOfSlowSteps) {
  LastingHold lasting;
  lasting.see(holdAt(1, kStart), kStart + 1s);
  lasting.see(std::nullopt, kStart + 5s);
  const auto next = holdAt(2, kStart + 5s + 20ms);
  lasting.see(next, kStart + 5s + 20ms);
  EXPECT_EQ(lasting.text(), "held at views.py:1");
  lasting.see(next, kStart + 7s);
  EXPECT_EQ(lasting.text(), "held at views.py:2");
}

}  // namespace
}  // namespace holdfast::proxy
