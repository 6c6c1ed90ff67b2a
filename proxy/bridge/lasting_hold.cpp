#include "proxy/bridge/lasting_hold.h"

#include "proxy/bridge/live_line.h"

namespace holdfast::proxy {

void LastingHold::see(const std::optional<Hold>& hold, Time now) {
  if (hold) {
    running_since_.reset();
    if (now - hold->since < kLeast) return;
    held_since_ = hold->since;
    text_ = heldText(*hold);
    return;
  }
  if (!running_since_) running_since_ = now;
  if (!held_since_ || now - *running_since_ < kLeast) return;
  const auto time =
      std::chrono::duration_cast<std::chrono::seconds>(*running_since_ - *held_since_);
  text_ = "runs again after " + spokenDuration(time);
  held_since_.reset();
}

}  // namespace holdfast::proxy
