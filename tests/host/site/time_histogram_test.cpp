#include "host/site/time_histogram.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using std::chrono::microseconds;

TEST(TimeHistogram, IsEmptyAtFirst) {
  const TimeHistogram times;
  EXPECT_EQ(times.count(), 0U);
  EXPECT_EQ(times.quantile(0.5), microseconds(0));
  EXPECT_EQ(times.largest(), microseconds(0));
}

TEST(TimeHistogram, KnowsEachTimeToASixteenth) {
  for (std::int64_t time = 0; time < (std::int64_t{1} << 32); time += time / 7 + 1) {
    TimeHistogram times;
    times.add(microseconds(time));
    times.add(microseconds(std::int64_t{1} << 40));  // so that the largest does not help
    EXPECT_NEAR(static_cast<double>(times.quantile(0.5).count()), static_cast<double>(time),
                static_cast<double>(time) / 16)
        << time;
  }
}

TEST(TimeHistogram, TellsQuantilesApart) {
  TimeHistogram times;
  for (int i = 1; i <= 100; ++i) times.add(microseconds(i * 1000));
  EXPECT_NEAR(static_cast<double>(times.quantile(0.5).count()), 50'000, 50'000 / 16.0);
  EXPECT_NEAR(static_cast<double>(times.quantile(0.95).count()), 95'000, 95'000 / 16.0);
  EXPECT_EQ(times.quantile(0), times.quantile(0.01));
  EXPECT_EQ(times.largest(), microseconds(100'000));
}

TEST(TimeHistogram, SaysNoQuantileAboveTheLargest) {
  TimeHistogram times;
  times.add(microseconds(1025));
  EXPECT_EQ(times.quantile(0.5), microseconds(1025));
  EXPECT_EQ(times.quantile(1), microseconds(1025));
}

TEST(TimeHistogram, TakesTimesThatCannotBe) {
  TimeHistogram times;
  times.add(microseconds(-5));
  EXPECT_EQ(times.quantile(1), microseconds(0));
  times.add(microseconds::max());
  EXPECT_EQ(times.largest(), microseconds::max());
  EXPECT_GT(times.quantile(1), std::chrono::minutes(60));
}

TEST(TimeHistogram, AddsOthersAndForgets) {
  TimeHistogram times;
  TimeHistogram other;
  times.add(microseconds(3));
  other.add(microseconds(5));
  other.add(microseconds(7));
  times.add(other);
  EXPECT_EQ(times.count(), 3U);
  EXPECT_EQ(times.quantile(0.5), microseconds(5));
  EXPECT_EQ(times.largest(), microseconds(7));
  times.clear();
  EXPECT_EQ(times.count(), 0U);
  EXPECT_EQ(times.quantile(1), microseconds(0));
}

}  // namespace
}  // namespace holdfast
