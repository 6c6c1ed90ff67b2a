/// \file hold_log.h
/// Tells the log of holds. Between two steps of a debugger the app runs for a moment: that is no
/// news.
///
///     held ─ where is known, or a moment later ─▶ "held: ..."
///       └─ elsewhere, and stays there ──────────▶ "held: ..."
///     runs ─ and still does a second later ─────▶ "resumed after ..."
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "host/platform/event_loop.h"
#include "proxy/tap/hold.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class HoldLog {
 public:
  struct Times {
    /// For the client to ask where it has stopped.
    std::chrono::milliseconds place{500};
    std::chrono::milliseconds resume{1000};
    /// Steps pass by; where somebody stays is worth a line.
    std::chrono::milliseconds stay{3000};
  };

  /// \param by  "Visual Studio Code of 203.0.113.9"
  /// \param on_held  called behind each line that says so
  HoldLog(EventLoop& loop, std::function<std::string()> by, std::function<void()> on_held,
          Times times);

  void onHold(const std::optional<proxy::Hold>& hold);
  /// The debugger is gone, and with it whatever was held.
  void onReleased();

 private:
  void sayHeld();
  void sayWhere();
  void sayResumed();
  std::string words() const;

  EventLoop& loop_;
  const Times times_;
  const std::function<std::string()> by_;
  const std::function<void()> on_held_;
  std::optional<proxy::Hold> hold_;  ///< the last one that there was
  std::string held_by_;
  bool held_ = false;                     ///< it is there still
  bool said_ = false;                     ///< that it is
  std::string said_where_;                ///< file and line of the last line that says it
  EventLoop::Clock::time_point since_;    ///< of the first since the last "resumed"
  EventLoop::Clock::time_point resumed_;  ///< if not held_
  Timer timer_;
};

}  // namespace holdfast
