/// \file lasting_hold.h
/// Which holds are worth a line that stays: a step lasts no longer than a blink. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "proxy/tap/hold.h"

namespace holdfast::proxy {

/// One session.
class LastingHold {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Shorter ones are passed over, and so are shorter runs between two of them.
  static constexpr std::chrono::seconds kLeast{1};

  /// To be called at each change of the hold, and every second.
  void see(const std::optional<Hold>& hold, Time now);

  /// `held at views.py:42`, `runs again after 2 min 10 s`; empty: nothing was held for so long
  const std::string& text() const { return text_; }

 private:
  std::optional<Time> held_since_;  ///< of the last hold that was worth it; nothing: told its end
  std::optional<Time> running_since_;  ///< nothing: held
  std::string text_;
};

}  // namespace holdfast::proxy
