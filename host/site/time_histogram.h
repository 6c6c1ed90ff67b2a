/// \file time_histogram.h
/// How long many things took, in little memory: as counts of times that are nearly alike. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace holdfast {

/// Eight ranges for each doubling, so that a median is at most 1/16 off; the largest is exact.
class TimeHistogram {
 public:
  void add(std::chrono::microseconds time);
  void add(const TimeHistogram& other);
  void clear() { *this = {}; }

  std::uint64_t count() const { return count_; }
  std::chrono::microseconds largest() const { return largest_; }
  /// \param share  of all times, from 0 to 1: 0.5 is the median
  /// \return a time that so many are not longer than; 0 without any
  std::chrono::microseconds quantile(double share) const;

 private:
  static constexpr unsigned kDoublings = 32;  ///< up to 2^32 µs, more than an hour
  static constexpr unsigned kRanges = 8 * (kDoublings - 2);

  static std::size_t rangeOf(std::uint64_t microseconds);
  static std::uint64_t middleOf(std::size_t range);

  std::array<std::uint32_t, kRanges> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::microseconds largest_{0};
};

}  // namespace holdfast
