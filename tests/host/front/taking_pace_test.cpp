#include "host/front/taking_pace.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

class TakingPaceTest : public testing::Test {
 protected:
  TakingPaceTest() { pace_.start(1000, 500); }
  TakingPace pace_;
};

TEST_F(TakingPaceTest, CountsWhatThePeerReadsThoughTheKernelAcceptsNothing) {
  EXPECT_EQ(pace_.taken(1000, 400), 100U);
  EXPECT_TRUE(pace_.suffices(1000, 400, 100));
  EXPECT_TRUE(pace_.suffices(1000, 300, 100));
  EXPECT_FALSE(pace_.suffices(1000, 201, 100));
}

TEST_F(TakingPaceTest, CountsWhatTheKernelAcceptsWhateverItSpendsOnIt) {
  EXPECT_EQ(pace_.taken(1100, 500), 100U);
  EXPECT_EQ(pace_.taken(1100, 9000), 100U);
}

TEST_F(TakingPaceTest, ForgivesOneIntervalAfterOneThatBroughtTwiceAsMuch) {
  EXPECT_TRUE(pace_.suffices(1200, 500, 100));
  EXPECT_TRUE(pace_.suffices(1200, 500, 100));
  EXPECT_FALSE(pace_.suffices(1200, 500, 100)) << "one, not two";
  EXPECT_TRUE(pace_.suffices(1399, 500, 100));
  EXPECT_FALSE(pace_.suffices(1399, 500, 100)) << "it was less than twice as much";
}

TEST_F(TakingPaceTest, BeginsANewWaitWithoutCredit) {
  EXPECT_TRUE(pace_.suffices(9000, 500, 100));
  pace_.start(9000, 500);
  EXPECT_FALSE(pace_.suffices(9000, 500, 100));
}

}  // namespace
}  // namespace holdfast
