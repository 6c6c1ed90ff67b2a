#include "host/site/request_stats.h"

namespace holdfast {

namespace {

std::int64_t secondOf(RequestStats::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

RequestCounts::Class classOf(int status) {
  if (status < 100 || status > 599) return RequestCounts::kOther;
  return static_cast<RequestCounts::Class>(status / 100);
}

TimeSummary summaryOf(const TimeHistogram& times) {
  return {times.quantile(0.5), times.quantile(0.95), times.largest()};
}

}  // namespace

void RequestStats::add(const FinishedRequest& request, Time now) {
  const std::int64_t number = secondOf(now);
  Second& second = seconds_[static_cast<std::size_t>(number) % seconds_.size()];
  if (second.number != number) second = {number, {}};
  ++second.by_class[classOf(request.status)];
  ++all_;

  Stretch& stretch = stretches_[static_cast<std::size_t>(number / kStretch) % stretches_.size()];
  if (stretch.number != number / kStretch) {
    stretch.number = number / kStretch;
    stretch.queued.clear();
    stretch.in_app.clear();
    stretch.sending.clear();
  }
  stretch.queued.add(request.queued);
  stretch.in_app.add(request.in_app);
  stretch.sending.add(request.sending);
}

RequestCounts RequestStats::countSince(std::int64_t first, std::int64_t last) const {
  RequestCounts counts;
  for (const Second& second : seconds_) {
    if (second.number < first || second.number > last) continue;
    for (std::size_t i = 0; i < second.by_class.size(); ++i) {
      counts.by_class[i] += second.by_class[i];
      counts.all += second.by_class[i];
    }
  }
  return counts;
}

RequestStatsReport RequestStats::report(Time now) const {
  const std::int64_t number = secondOf(now);
  RequestStatsReport report;
  report.last_second = countSince(number - 1, number - 1);
  report.last_minute = countSince(number - kMinute, number);
  report.last_quarter = countSince(number - kQuarter, number);
  report.all = all_;

  Stretch minute;
  const auto stretches = static_cast<std::int64_t>(stretches_.size());
  for (const Stretch& stretch : stretches_) {
    if (stretch.number <= number / kStretch - stretches) continue;
    minute.queued.add(stretch.queued);
    minute.in_app.add(stretch.in_app);
    minute.sending.add(stretch.sending);
  }
  report.timed = minute.queued.count();
  report.queued = summaryOf(minute.queued);
  report.in_app = summaryOf(minute.in_app);
  report.sending = summaryOf(minute.sending);
  return report;
}

}  // namespace holdfast
