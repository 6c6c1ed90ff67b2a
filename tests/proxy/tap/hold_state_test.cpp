#include "proxy/tap/hold_state.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

using Asked = HoldState::Asked;

HoldState::Time at(int second) { return HoldState::Time(std::chrono::seconds(second)); }

Stop stopOf(int thread, Stop::Kind kind = Stop::Kind::kStopped) {
  Stop stop;
  stop.kind = kind;
  stop.thread = thread;
  return stop;
}

TEST(HoldState, IsSinceTheFirstStopAndShowsTheLast) {
  HoldState state;
  EXPECT_FALSE(state.settle());
  state.begin(at(1));
  state.add(stopOf(1));
  state.begin(at(2));
  Stop last = stopOf(2);
  last.reason = "pause";
  last.place = {"/srv/app.py", "view", 7};
  last.thread_name = "GET /";
  state.add(last);
  EXPECT_TRUE(state.settle());
  EXPECT_FALSE(state.settle());
  const Hold expected{Hold::Kind::kHeld, at(1), "pause", "/srv/app.py", "view", 7, "GET /"};
  EXPECT_EQ(state.news().hold, expected);
}

TEST(HoldState, ReleasesWhatWasBeforeTheRequest) {
  HoldState state;
  for (int second = 1; second <= 3; ++second) {
    state.begin(at(second));
    if (second == 2) {
      state.ask({Asked::Kind::kResume, 5, {}});
    } else {
      state.add(stopOf(second));
    }
  }
  EXPECT_EQ(state.answered(6), std::nullopt);
  const auto asked = state.answered(5);
  ASSERT_TRUE(asked);
  EXPECT_EQ(state.answered(5), std::nullopt);
  state.release(*asked, 9);
  EXPECT_EQ(state.stops().size(), 2U) << "none of that thread";
  state.release(*asked, {});
  ASSERT_EQ(state.stops().size(), 1U);
  EXPECT_EQ(state.stops()[0].thread, 3);
}

TEST(HoldState, ReleasesOneKindOnly) {
  HoldState state;
  state.begin(at(1));
  state.add(stopOf(1));
  state.add(stopOf(1, Stop::Kind::kHandlers));
  state.begin(at(2));
  state.ask({Asked::Kind::kHandlers, 5, {}});
  state.release(*state.answered(5), {});
  ASSERT_EQ(state.stops().size(), 1U);
  EXPECT_EQ(state.stops()[0].kind, Stop::Kind::kStopped);
}

TEST(HoldState, ForgetsAllThatItAwaitsWhenItIsCleared) {
  HoldState state;
  state.begin(at(1));
  state.add(stopOf(1));
  state.ask({Asked::Kind::kResume, 5, {}});
  state.settle();
  state.clear();
  EXPECT_TRUE(state.settle());
  EXPECT_EQ(state.news().hold, std::nullopt);
  EXPECT_EQ(state.answered(5), std::nullopt);
}

TEST(HoldState, IsBlindOnce) {
  HoldState state;
  state.begin(at(1));
  state.add(stopOf(1));
  state.goBlind(at(2));
  state.goBlind(at(3));
  EXPECT_TRUE(state.settle());
  ASSERT_TRUE(state.news().hold);
  EXPECT_EQ(state.news().hold->kind, Hold::Kind::kUnknown);
  EXPECT_EQ(state.news().hold->since, at(2));
  EXPECT_TRUE(state.stops().empty());
}

}  // namespace
}  // namespace holdfast::proxy
