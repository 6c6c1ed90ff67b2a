/// \file request_stats.h
/// How many requests a site answers, how, and how fast. Pure: the clock is passed in.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "host/front/finished_request.h"
#include "host/site/time_histogram.h"

namespace holdfast {

/// Requests of some length of time.
struct RequestCounts {
  enum Class { kOther, k1xx, k2xx, k3xx, k4xx, k5xx, kClasses };

  std::uint64_t all = 0;
  /// By the status of their answers; kOther: none had begun, the client had left or was cut off.
  std::array<std::uint64_t, kClasses> by_class{};
};

/// Of one part of the way of a request.
struct TimeSummary {
  std::chrono::microseconds median{0};
  std::chrono::microseconds p95{0};
  std::chrono::microseconds largest{0};
};

struct RequestStatsReport {
  RequestCounts last_second;   ///< the last whole one
  RequestCounts last_minute;   ///< with the second that has begun
  RequestCounts last_quarter;  ///< of an hour, likewise
  std::uint64_t all = 0;       ///< since the host started
  std::uint64_t timed = 0;     ///< requests of the last minute, which the summaries are of
  TimeSummary queued;
  TimeSummary in_app;
  TimeSummary sending;
};

/// Counts finished requests: O(1) for each, about 64 KiB in all. Not thread-safe.
class RequestStats {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// \param now  never before that of an earlier call
  void add(const FinishedRequest& request, Time now);
  RequestStatsReport report(Time now) const;

 private:
  struct Second {
    std::int64_t number = -1;  ///< of the clock's seconds; -1: never used
    std::array<std::uint32_t, RequestCounts::kClasses> by_class{};
  };
  /// Times of a few seconds.
  struct Stretch {
    std::int64_t number = -1;
    TimeHistogram queued;
    TimeHistogram in_app;
    TimeHistogram sending;
  };
  static constexpr std::int64_t kQuarter = 900;
  static constexpr std::int64_t kMinute = 60;
  static constexpr std::int64_t kStretch = 5;

  RequestCounts countSince(std::int64_t first, std::int64_t last) const;

  std::array<Second, kQuarter + 1> seconds_{};
  std::array<Stretch, kMinute / kStretch> stretches_{};
  std::uint64_t all_ = 0;
};

}  // namespace holdfast
