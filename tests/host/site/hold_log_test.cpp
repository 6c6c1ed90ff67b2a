#include "host/site/hold_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class HoldLogTest : public testing::Test {
 protected:
  ~HoldLogTest() override {
    loop_.call([this] { log_.reset(); });
  }

  /// \param times  those that count in the test are short
  void begin(HoldLog::Times times) {
    loop_.call([&] {
      log_ = std::make_unique<HoldLog>(
          loop_.loop, [] { return "VS Code of 192.0.2.1"; }, [this] { ++times_held_; }, times);
    });
  }
  static proxy::Hold at(int line) {
    proxy::Hold hold;
    hold.since = EventLoop::Clock::now();
    if (line == 0) return hold;
    hold.file = "views.py";
    hold.line = line;
    hold.function = "view";
    hold.thread = "GET /x";
    return hold;
  }
  void hold(int line) {
    loop_.call([&] { log_->onHold(at(line)); });
  }
  void run() {
    loop_.call([&] { log_->onHold({}); });
  }
  bool has(const std::string& part) {
    return loop_.waitUntil([&] { return lines_.has(part); });
  }

  CapturedLog lines_;
  LoopThread loop_;
  std::unique_ptr<HoldLog> log_;
  int times_held_ = 0;
};

TEST_F(HoldLogTest, SaysWhereAsSoonAsThatIsKnown) {
  begin({1h, 1h, 1h});
  hold(0);
  loop_.settle();
  EXPECT_THAT(lines_.all(), IsEmpty());
  hold(42);
  EXPECT_TRUE(has("held: views.py:42 in view (GET /x), by VS Code of 192.0.2.1"));
  EXPECT_EQ(times_held_, 1);
}

TEST_F(HoldLogTest, DoesNotWaitForThatForEver) {
  begin({1ms, 1h, 1h});
  hold(0);
  EXPECT_TRUE(has("held: somewhere, by VS Code of 192.0.2.1"));
}

TEST_F(HoldLogTest, StepsAreNoNews) {
  begin({1h, 1h, 1h});
  hold(1);
  for (int line = 2; line < 10; ++line) {
    run();
    hold(0);
    hold(line);
  }
  loop_.settle();
  EXPECT_EQ(lines_.all().size(), 1U);
}

TEST_F(HoldLogTest, WhereADebuggerStaysIsNews) {
  begin({1h, 1h, 1ms});
  hold(1);
  run();
  hold(0);
  hold(9);
  EXPECT_TRUE(has("held: views.py:9"));
  EXPECT_TRUE(loop_.waitUntil([&] { return times_held_ >= 2; }));
}

TEST_F(HoldLogTest, AThreadsNameThatComesLaterIsNoNews) {
  begin({1h, 1h, 1ms});
  loop_.call([&] {
    proxy::Hold hold = at(1);
    hold.thread.clear();
    log_->onHold(hold);
  });
  hold(1);
  EXPECT_TRUE(loop_.waitUntil([&] { return times_held_ >= 2; }));
  EXPECT_EQ(lines_.all().size(), 1U);
}

TEST_F(HoldLogTest, SaysThatTheAppRunsWhenItStillDoes) {
  begin({1h, 1ms, 1h});
  hold(1);
  run();
  EXPECT_TRUE(has("resumed after less than a second"));
  hold(1);
  run();
  EXPECT_TRUE(loop_.waitUntil([&] { return lines_.all().size() == 4; }));
}

TEST_F(HoldLogTest, AHoldThatIsOverBeforeItIsSaidHasOneLine) {
  begin({1h, 1ms, 1h});
  hold(0);
  run();
  EXPECT_TRUE(has("held: somewhere, by VS Code of 192.0.2.1, and resumed after"));
  EXPECT_EQ(lines_.all().size(), 1U);
}

TEST_F(HoldLogTest, ADebuggerThatIsGoneHoldsNothing) {
  begin({1h, 1h, 1h});
  hold(1);
  loop_.call([&] { log_->onReleased(); });
  EXPECT_TRUE(has("resumed after"));
  loop_.call([&] { log_->onReleased(); });
  EXPECT_EQ(lines_.all().size(), 2U);
}

TEST_F(HoldLogTest, WhatCannotBeUnderstoodIsSaid) {
  begin({1h, 1h, 1h});
  proxy::Hold unknown;
  unknown.kind = proxy::Hold::Kind::kUnknown;
  unknown.since = EventLoop::Clock::now();
  loop_.call([&] { log_->onHold(unknown); });
  EXPECT_TRUE(has("held: that may be, as what the debugger says cannot be understood"));
}

}  // namespace
}  // namespace holdfast
