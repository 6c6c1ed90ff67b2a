#include "proxy/gate/lockout.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr seconds kNone{0};
const Lockout::Clock::time_point kStart = Lockout::Clock::time_point() + hours(1000);

TEST(Lockout, DelaysGrowAfterAFewFreeAttempts) {
  Lockout lockout;
  Lockout::Clock::time_point now = kStart;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(lockout.fail("192.0.2.1", now), kNone);
  for (const int delay : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}) {
    EXPECT_EQ(lockout.remaining("192.0.2.1", now), kNone);
    EXPECT_EQ(lockout.fail("192.0.2.1", now), seconds(delay));
    EXPECT_EQ(lockout.remaining("192.0.2.1", now), seconds(delay));
    now += seconds(delay);
  }
}

TEST(Lockout, CountsAddressesApart) {
  Lockout lockout;
  for (int i = 0; i < 9; ++i) lockout.fail("192.0.2.1", kStart);
  EXPECT_GT(lockout.remaining("192.0.2.1", kStart), kNone);
  EXPECT_EQ(lockout.remaining("192.0.2.2", kStart), kNone);
}

TEST(Lockout, ForgetsAnHourAfterTheDelay) {
  Lockout lockout;
  for (int i = 0; i < 5; ++i) lockout.fail("192.0.2.1", kStart);
  EXPECT_EQ(lockout.fail("192.0.2.1", kStart + hours(1)), seconds(2));
  EXPECT_EQ(lockout.fail("192.0.2.1", kStart + hours(3)), kNone);
}

TEST(Lockout, TheRightSecretMakesUpForWrongOnes) {
  Lockout lockout;
  for (int i = 0; i < 4; ++i) lockout.fail("192.0.2.1", kStart);
  lockout.forgive("192.0.2.1");
  EXPECT_EQ(lockout.fail("192.0.2.1", kStart), kNone);
}

TEST(Lockout, WhatOneClientMayHaveIsOne) {
  EXPECT_EQ(Lockout::keyOf("2001:db8:1:2::1"), Lockout::keyOf("2001:db8:1:2:ffff:ffff:0:9"));
  EXPECT_NE(Lockout::keyOf("2001:db8:1:2::1"), Lockout::keyOf("2001:db8:1:3::1"));
  EXPECT_EQ(Lockout::keyOf("::ffff:192.0.2.1"), Lockout::keyOf("192.0.2.1"));
  EXPECT_NE(Lockout::keyOf("192.0.2.2"), Lockout::keyOf("192.0.2.1"));
  EXPECT_EQ(Lockout::keyOf("unix:"), Lockout::keyOf(std::string(5000, 'x')));
}

TEST(Lockout, RemembersSoManyAndTheGuiltyLongest) {
  Lockout lockout;
  for (int i = 0; i < 9; ++i) lockout.fail("192.0.2.1", kStart);
  for (int i = 0; i < 3'000; ++i) {
    lockout.fail("10." + std::to_string(i >> 16) + '.' + std::to_string(i >> 8 & 255) + '.' +
                     std::to_string(i & 255),
                 kStart + std::chrono::milliseconds(i / 100));
    ASSERT_LE(lockout.size(), 1024U);
  }
  EXPECT_GT(lockout.remaining("192.0.2.1", kStart + seconds(1)), kNone);
}

}  // namespace
}  // namespace holdfast::proxy
