#include "host/hold/deadline.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

class DeadlineTest : public ::testing::Test {
 protected:
  void pass(std::chrono::milliseconds time) { now_ += time; }

  std::chrono::steady_clock::time_point now_{1h};
  const TimeSource clock_ = [this] { return now_; };
  Deadline deadline_{clock_};
};

TEST_F(DeadlineTest, IsOverWhenItsTimeIs) {
  deadline_.start(10s);
  pass(9999ms);
  EXPECT_FALSE(deadline_.isOver());
  EXPECT_EQ(deadline_.left(), 1ms);
  pass(1ms);
  EXPECT_TRUE(deadline_.isOver());
}

TEST_F(DeadlineTest, OneThatWasNeverStartedIsNotOver) {
  pass(1000h);
  EXPECT_FALSE(deadline_.isOver());
  deadline_.pause();
  pass(1000h);
  deadline_.resume();
  EXPECT_FALSE(deadline_.isOver());
}

TEST_F(DeadlineTest, TimeBeforeTheStartCounts) {
  deadline_.startedAt(now_ - 4s, 10s);
  EXPECT_EQ(deadline_.left(), 6s);
  deadline_.startedAt(now_ - 11s, 10s);
  EXPECT_TRUE(deadline_.isOver());
}

TEST_F(DeadlineTest, StartingAnewGivesTheWholeTime) {
  deadline_.start(10s);
  pass(9s);
  deadline_.start(10s);
  pass(9s);
  EXPECT_FALSE(deadline_.isOver());
}

TEST_F(DeadlineTest, StandsStillWhilePaused) {
  deadline_.start(10s);
  pass(3s);
  deadline_.pause();
  pass(1h);
  EXPECT_FALSE(deadline_.isOver());
  EXPECT_EQ(deadline_.left(), 7s);
  deadline_.resume();
  EXPECT_EQ(deadline_.left(), 7s);
  pass(7s);
  EXPECT_TRUE(deadline_.isOver());
}

TEST_F(DeadlineTest, HasAtLeastSoMuchLeftAfterAPause) {
  deadline_.start(10s);
  pass(9s);
  deadline_.pause();
  deadline_.resume(5s);
  EXPECT_EQ(deadline_.left(), 5s);
  deadline_.pause();
  deadline_.resume(2s);
  EXPECT_EQ(deadline_.left(), 5s);
}

TEST_F(DeadlineTest, EveryPauseNeedsItsResume) {
  deadline_.start(10s);
  deadline_.pause();
  deadline_.pause();
  pass(1min);
  deadline_.resume();
  EXPECT_TRUE(deadline_.isPaused());
  pass(1min);
  EXPECT_EQ(deadline_.left(), 10s);
  deadline_.resume();
  EXPECT_FALSE(deadline_.isPaused());
  pass(10s);
  EXPECT_TRUE(deadline_.isOver());
}

TEST_F(DeadlineTest, StartingAnewWhilePausedStaysPaused) {
  deadline_.start(10s);
  pass(9s);
  deadline_.pause();
  deadline_.start(20s);
  pass(1h);
  EXPECT_EQ(deadline_.left(), 20s);
  deadline_.resume();
  pass(19s);
  EXPECT_FALSE(deadline_.isOver());
}

TEST_F(DeadlineTest, OneThatWasOverBeforeThePauseStaysSo) {
  deadline_.start(1s);
  pass(2s);
  deadline_.pause();
  EXPECT_TRUE(deadline_.isOver());
  deadline_.resume();
  EXPECT_TRUE(deadline_.isOver());
}

}  // namespace
}  // namespace holdfast
