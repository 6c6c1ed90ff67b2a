/// \file rare_warning.h
/// A warning whose cause may come up thousands of times a second.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace holdfast {

/// Belongs to one thread.
class RareWarning {
 public:
  using Clock = std::chrono::steady_clock;

  /// Logs `text` if nothing was logged in the last ten seconds; else counts it for the next one.
  void say(const std::string& text, Clock::time_point now = Clock::now());

 private:
  std::optional<Clock::time_point> last_;
  unsigned long unsaid_ = 0;
};

}  // namespace holdfast
