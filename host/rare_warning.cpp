#include "host/rare_warning.h"

#include <utility>

#include "host/log.h"

namespace holdfast {

namespace {
constexpr std::chrono::seconds kInterval{10};
}

void RareWarning::say(const std::string& text, Clock::time_point now) {
  if (last_ && now - *last_ < kInterval) {
    ++unsaid_;
    return;
  }
  last_ = now;
  const unsigned long unsaid = std::exchange(unsaid_, 0);
  log::warning(unsaid == 0 ? text
                           : text + " (" + std::to_string(unsaid) + " more since the last time)");
}

}  // namespace holdfast
