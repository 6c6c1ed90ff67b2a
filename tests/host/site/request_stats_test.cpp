#include "host/site/request_stats.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

/// Some second of the clock, at its begin.
constexpr RequestStats::Time kStart{1'000'000s};

FinishedRequest finished(int status, std::chrono::microseconds in_app = 0us) {
  FinishedRequest request;
  request.status = status;
  request.in_app = in_app;
  return request;
}

TEST(RequestStats, KnowsNothingAtFirst) {
  const RequestStatsReport report = RequestStats().report(kStart);
  EXPECT_EQ(report.all, 0U);
  EXPECT_EQ(report.last_second.all, 0U);
  EXPECT_EQ(report.last_quarter.all, 0U);
  EXPECT_EQ(report.timed, 0U);
}

TEST(RequestStats, WorksWhenTheClockHasJustBegun) {
  RequestStats stats;
  stats.add(finished(200, 5us), RequestStats::Time{});
  const RequestStatsReport report = stats.report(RequestStats::Time{1s});
  EXPECT_EQ(report.last_second.all, 1U);
  EXPECT_EQ(report.last_minute.all, 1U);
  EXPECT_EQ(report.in_app.largest, 5us);
}

TEST(RequestStats, CountsByClassOfStatus) {
  RequestStats stats;
  for (const int status : {200, 204, 301, 404, 500, 503, 599, 0, 999, -1, 101}) {
    stats.add(finished(status), kStart);
  }
  const RequestCounts counts = stats.report(kStart).last_minute;
  EXPECT_EQ(counts.all, 11U);
  EXPECT_EQ(counts.by_class[RequestCounts::k1xx], 1U);
  EXPECT_EQ(counts.by_class[RequestCounts::k2xx], 2U);
  EXPECT_EQ(counts.by_class[RequestCounts::k3xx], 1U);
  EXPECT_EQ(counts.by_class[RequestCounts::k4xx], 1U);
  EXPECT_EQ(counts.by_class[RequestCounts::k5xx], 3U);
  EXPECT_EQ(counts.by_class[RequestCounts::kOther], 3U);
}

TEST(RequestStats, TellsTheLastWholeSecond) {
  RequestStats stats;
  stats.add(finished(200), kStart + 999ms);
  EXPECT_EQ(stats.report(kStart + 999ms).last_second.all, 0U);
  EXPECT_EQ(stats.report(kStart + 1s).last_second.all, 1U);
  EXPECT_EQ(stats.report(kStart + 1999ms).last_second.all, 1U);
  EXPECT_EQ(stats.report(kStart + 2s).last_second.all, 0U);
}

TEST(RequestStats, ForgetsWhatIsOlderThanItsTime) {
  RequestStats stats;
  stats.add(finished(200, 1ms), kStart);
  EXPECT_EQ(stats.report(kStart + 60s).last_minute.all, 1U);
  EXPECT_EQ(stats.report(kStart + 61s).last_minute.all, 0U);
  EXPECT_EQ(stats.report(kStart + 54s).timed, 1U);
  EXPECT_EQ(stats.report(kStart + 60s).timed, 0U);
  EXPECT_EQ(stats.report(kStart + 60s).in_app.largest, 0us);
  EXPECT_EQ(stats.report(kStart + 900s).last_quarter.all, 1U);
  EXPECT_EQ(stats.report(kStart + 901s).last_quarter.all, 0U);
  EXPECT_EQ(stats.report(kStart + 24h).all, 1U);
}

TEST(RequestStats, UsesItsPlaceAgainForNewSeconds) {
  RequestStats stats;
  for (int second = 0; second < 5000; ++second) {
    stats.add(finished(200, 1ms), kStart + std::chrono::seconds(second));
  }
  const RequestStatsReport report = stats.report(kStart + 4999s);
  EXPECT_EQ(report.last_second.all, 1U);
  EXPECT_EQ(report.last_minute.all, 61U);  // with the one that has begun
  EXPECT_EQ(report.last_quarter.all, 901U);
  EXPECT_GE(report.timed, 56U);
  EXPECT_LE(report.timed, 60U);
  EXPECT_EQ(report.all, 5000U);
}

TEST(RequestStats, SummarisesEachPartOfTheWay) {
  RequestStats stats;
  for (int i = 1; i <= 100; ++i) {
    FinishedRequest request = finished(200, std::chrono::milliseconds(i));
    request.queued = 10us * i;
    request.sending = 1s * i;
    stats.add(request, kStart);
  }
  const RequestStatsReport report = stats.report(kStart);
  EXPECT_EQ(report.timed, 100U);
  EXPECT_NEAR(static_cast<double>(report.queued.median.count()), 500, 500 / 16.0);
  EXPECT_NEAR(static_cast<double>(report.queued.p95.count()), 950, 950 / 16.0);
  EXPECT_EQ(report.queued.largest, 1ms);
  EXPECT_EQ(report.in_app.largest, 100ms);
  EXPECT_EQ(report.sending.largest, 100s);
}

}  // namespace
}  // namespace holdfast
