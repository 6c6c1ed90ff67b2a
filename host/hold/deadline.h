/// \file deadline.h
/// The time that something may take; stands still while it is paused. Pure.
#pragma once

#include <chrono>
#include <functional>

namespace holdfast {

/// What is left, at least, of a time that stood still for a hold: whoever had been at the end of it
/// has a fair chance.
constexpr std::chrono::seconds kLeastAfterHold{5};

/// What time it is; injected, so that deadlines are tested without waiting.
using TimeSource = std::function<std::chrono::steady_clock::time_point()>;

/// Does nothing by itself: whoever owns it asks isOver() from time to time. Not thread-safe.
class Deadline {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  /// \param now  outlives the deadline
  explicit Deadline(const TimeSource& now) : now_(now) {}

  /// The time begins anew, with as many pauses as there are.
  void start(Duration limit) { startedAt(now_(), limit); }
  /// As start(), for something that began at `beginning`.
  void startedAt(TimePoint beginning, Duration limit);

  /// The time stands still until each pause() has had its resume().
  void pause();
  /// \param least  what is left then, even if it was less before the pause
  void resume(Duration least = Duration::zero());
  bool isPaused() const { return pauses_ > 0; }

  bool isOver() const { return left() <= Duration::zero(); }
  /// Not above zero when the time is over. While it is paused the same at every call.
  Duration left() const;

 private:
  const TimeSource& now_;
  TimePoint end_ = TimePoint::max();  ///< while it runs
  Duration left_{0};                  ///< while it is paused
  unsigned pauses_ = 0;
};

}  // namespace holdfast
