/// \file recent_errors.h
/// The last failures of a site, for `holdfast status`. Pure: the clock is passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>

#include "host/worker/failure.h"

namespace holdfast {

/// All its texts are shownText().
struct RecentError {
  std::chrono::system_clock::time_point time;  ///< of the last one
  std::string request_id;                      ///< empty: a worker that did not start
  std::string method;
  std::string path;
  int status = 0;  ///< of the error page
  std::string title;
  std::string cause;
  std::uint64_t times = 1;  ///< so many alike in a row
};

/// Which request failed.
struct RequestNames {
  std::string_view id;  ///< empty: it was no request
  std::string_view method;
  std::string_view uri;
};

/// Not thread-safe. Some 40 KiB at most.
class RecentErrors {
 public:
  static constexpr std::size_t kMost = 20;

  /// \param cause  what is to be shown as the cause
  void add(const Failure& failure, const RequestNames& request, std::string_view cause,
           std::chrono::system_clock::time_point now);
  const std::deque<RecentError>& all() const { return errors_; }  ///< newest first

 private:
  std::deque<RecentError> errors_;
};

}  // namespace holdfast
