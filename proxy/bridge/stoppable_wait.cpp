#include "proxy/bridge/stoppable_wait.h"

#include <algorithm>

namespace holdfast::proxy {
namespace {

bool isReady(const Watched& one) { return one.readable || one.writable || one.broken; }

}  // namespace

bool StoppableWait::until(std::span<Watched> watched, Clock::time_point deadline) {
  const bool ready = wait(watched, deadline);
  if (stopped_) throw CalledOff{};
  return ready;
}

bool StoppableWait::orStopped(std::span<Watched> watched, Clock::time_point deadline) {
  if (!stopped_) wait(watched, deadline);
  return stopped_;
}

void StoppableWait::regardless(std::span<Watched> watched, Clock::time_point deadline) {
  waitOnce(watched, deadline);
}

bool StoppableWait::wait(std::span<Watched> watched, Clock::time_point deadline) {
  while (!stopped_) {
    if (!waitOnce(watched, deadline)) return false;
    if (std::any_of(watched.begin(), watched.end(), isReady)) return true;
    // A signal has ended it.
  }
  return false;
}

/// \return false if there is no time left
bool StoppableWait::waitOnce(std::span<Watched> watched, Clock::time_point deadline) {
  // Rounded up: otherwise the last millisecond would be spent in a busy loop.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  if (left.count() <= 0) return false;
  poll_.wait(watched, left);
  return true;
}

}  // namespace holdfast::proxy
