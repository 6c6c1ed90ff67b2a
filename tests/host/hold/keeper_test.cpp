#include "host/hold/keeper.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

FrontPatience patience(FrontEndKind kind, std::optional<std::chrono::milliseconds> limit = 60s) {
  return {kind, limit, false};
}

TEST(Keeper, NothingIsDoneForWhoWaitsForEver) {
  for (const auto kind : {FrontEndKind::kLighttpd, FrontEndKind::kCaddy, FrontEndKind::kEmbedded,
                          FrontEndKind::kApache}) {
    EXPECT_EQ(keeperFor(patience(kind, std::nullopt), 0, true), Keeper::kWait);
  }
}

TEST(Keeper, ApacheIsPadded) {
  EXPECT_EQ(keeperFor(patience(FrontEndKind::kApache), 0, true), Keeper::kPad);
}

TEST(Keeper, SomeHopAFewTimesAndThenTheirClientIsAsked) {
  for (const auto kind : {FrontEndKind::kNginx, FrontEndKind::kModFcgid}) {
    for (unsigned hops = 0; hops < kMaxHops; ++hops) {
      EXPECT_EQ(keeperFor(patience(kind), hops, true), Keeper::kHop) << hops;
    }
    EXPECT_EQ(keeperFor(patience(kind), kMaxHops, true), Keeper::kHandOff);
  }
}

TEST(Keeper, ModFcgidAloneWantsSignsBesides) {
  EXPECT_TRUE(wantsSigns(FrontEndKind::kModFcgid));
  EXPECT_FALSE(wantsSigns(FrontEndKind::kNginx));
}

TEST(Keeper, NginxIsNotSentWhereItWouldNotGo) {
  EXPECT_EQ(keeperFor(patience(FrontEndKind::kNginx), 0, false), Keeper::kHandOff);
}

TEST(Keeper, ClientsOfAllOthersWithALimitAreAsked) {
  for (const auto kind : {FrontEndKind::kLighttpd, FrontEndKind::kCaddy, FrontEndKind::kIis,
                          FrontEndKind::kEmbedded, FrontEndKind::kOther}) {
    EXPECT_EQ(keeperFor(patience(kind), 0, true), Keeper::kHandOff);
  }
}

TEST(Keeper, WhatStandsBeforeTheFrontEndIsHelpedByAnAnswerAlone) {
  for (const auto kind : {FrontEndKind::kNginx, FrontEndKind::kApache, FrontEndKind::kLighttpd}) {
    EXPECT_EQ(keeperFor({kind, 230s, true}, 0, true), Keeper::kHandOff);
  }
}

TEST(Keeper, ActsWellBeforeTheLimit) {
  EXPECT_EQ(marginOf(60s), 10s);
  EXPECT_EQ(marginOf(5s), 1s);
  EXPECT_EQ(marginOf(2h), 10s);
  EXPECT_EQ(padIntervalOf(60s), 15s);
  EXPECT_EQ(padIntervalOf(5s), 1250ms);
}

TEST(Keeper, HasTheNamesThatAreShown) {
  EXPECT_STREQ(nameOf(Keeper::kWait), "wait");
  EXPECT_STREQ(nameOf(Keeper::kPad), "pad");
  EXPECT_STREQ(nameOf(Keeper::kHop), "hop");
  EXPECT_STREQ(nameOf(Keeper::kHandOff), "handoff");
}

}  // namespace
}  // namespace holdfast
