#include "host/site/time_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace holdfast {

// A time below 8 µs is its own range. Above, a range is named by its highest bit and the three
// bits below it: ranges 8 to 15 are 1 µs wide, 16 to 23 are 2 µs wide, and so on.
std::size_t TimeHistogram::rangeOf(std::uint64_t microseconds) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << kDoublings) - 1;
  const std::uint64_t time = std::min(microseconds, kMost);
  if (time < 8) return static_cast<std::size_t>(time);
  const auto shift = static_cast<unsigned>(std::bit_width(time)) - 4;
  return 8 * shift + static_cast<std::size_t>(time >> shift);
}

std::uint64_t TimeHistogram::middleOf(std::size_t range) {
  if (range < 16) return range;
  const std::size_t shift = range / 8 - 1;
  const std::uint64_t first = std::uint64_t{8 + range % 8} << shift;
  return first + (std::uint64_t{1} << shift) / 2;
}

void TimeHistogram::add(std::chrono::microseconds time) {
  time = std::max(time, std::chrono::microseconds(0));
  ++counts_[rangeOf(static_cast<std::uint64_t>(time.count()))];
  ++count_;
  largest_ = std::max(largest_, time);
}

void TimeHistogram::add(const TimeHistogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t range = 0; range < kRanges; ++range) counts_[range] += other.counts_[range];
  count_ += other.count_;
  largest_ = std::max(largest_, other.largest_);
}

std::chrono::microseconds TimeHistogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t range = 0; range < kRanges; ++range) {
    seen += counts_[range];
    if (seen > 0 && seen >= wanted) {
      const std::chrono::microseconds middle(static_cast<std::int64_t>(middleOf(range)));
      return std::min(middle, largest_);
    }
  }
  return largest_;
}

}  // namespace holdfast
