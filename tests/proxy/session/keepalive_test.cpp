#include "proxy/session/keepalive.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

using std::chrono::seconds;

class KeepaliveTest : public testing::Test {
 protected:
  const Keepalive::Time start_{};
  Keepalive keepalive_{seconds(20), seconds(60), start_};
};

TEST_F(KeepaliveTest, AsksAtEveryInterval) {
  EXPECT_FALSE(keepalive_.pingDue(start_ + seconds(19)));
  EXPECT_TRUE(keepalive_.pingDue(start_ + seconds(20)));
  EXPECT_FALSE(keepalive_.pingDue(start_ + seconds(39)));
  EXPECT_TRUE(keepalive_.pingDue(start_ + seconds(40)));
}

TEST_F(KeepaliveTest, AsksOnceAfterAPauseOfTheWholeMachine) {
  EXPECT_TRUE(keepalive_.pingDue(start_ + seconds(1000)));
  EXPECT_FALSE(keepalive_.pingDue(start_ + seconds(1001)));
}

TEST_F(KeepaliveTest, GivesUpAfterSilence) {
  EXPECT_FALSE(keepalive_.isDead(start_ + seconds(59)));
  EXPECT_TRUE(keepalive_.isDead(start_ + seconds(60)));
  keepalive_.heard(start_ + seconds(59));
  EXPECT_FALSE(keepalive_.isDead(start_ + seconds(118)));
  EXPECT_TRUE(keepalive_.isDead(start_ + seconds(119)));
}

TEST_F(KeepaliveTest, KnowsWhenToLookAgain) {
  EXPECT_EQ(keepalive_.next(), start_ + seconds(20));
  keepalive_.pingDue(start_ + seconds(50));
  EXPECT_EQ(keepalive_.next(), start_ + seconds(60));
}

}  // namespace
}  // namespace holdfast::proxy
