/// \file audit.h
/// Lines about who tried to pass. Pure.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace holdfast::proxy {

/// Takes one line for the log.
using Audit = std::function<void(LogLevel, const std::string&)>;

/// A client's address, fit for a line; a web server that does not tell it says `unix:` or nothing.
std::string auditName(std::string_view client);

/// `2 min 10 s`, `4 s`, `1 h 5 min`; `less than a second`.
std::string inWords(std::chrono::steady_clock::duration time);

/// For what anybody may cause thousands of times a second: passes on a few lines, counts the rest.
/// Belongs to one thread.
class AuditThrottle {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AuditThrottle(Audit audit) : audit_(std::move(audit)) {}

  void say(LogLevel level, const std::string& text, Clock::time_point now);

 private:
  Audit audit_;
  Clock::time_point interval_begin_;
  unsigned said_ = 0;  ///< in this interval
  unsigned long unsaid_ = 0;
};

}  // namespace holdfast::proxy
