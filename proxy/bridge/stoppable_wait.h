/// \file stoppable_wait.h
/// How a thread of the bridge waits for the network: until Ctrl-C at most.
#pragma once

#include <atomic>
#include <chrono>
#include <span>

#include "proxy/session/wake_poll.h"

namespace holdfast::proxy {

/// Thrown where a wait was called off: whoever waited has nothing more to do.
struct CalledOff {};

/// One thread waits, any may call it off.
class StoppableWait {
 public:
  using Clock = std::chrono::steady_clock;

  /// Until a socket is ready. \return false: the time is over. Throws CalledOff, also where stop()
  /// was called before.
  bool until(std::span<Watched> watched, Clock::time_point deadline);
  /// The same, but returns where it is called off. \return whether it was
  bool orStopped(std::span<Watched> watched, Clock::time_point deadline);
  /// The same, also after it was called off: to end things properly.
  void regardless(std::span<Watched> watched, Clock::time_point deadline);
  void pause(std::chrono::milliseconds duration) { until({}, Clock::now() + duration); }

  /// Also in a signal handler.
  void stop() noexcept {
    stopped_ = true;
    poll_.wake();
  }
  bool isStopped() const noexcept { return stopped_; }

 private:
  bool wait(std::span<Watched> watched, Clock::time_point deadline);
  bool waitOnce(std::span<Watched> watched, Clock::time_point deadline);

  WakePoll poll_;
  std::atomic<bool> stopped_{false};
};

}  // namespace holdfast::proxy
