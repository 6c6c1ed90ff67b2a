/// \file aside.h
/// What ends in its own time, and a thread that need not wait for it after Ctrl-C.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "proxy/bridge/stoppable_wait.h"

namespace holdfast::proxy {

/// How long Ctrl-C may go unnoticed.
inline constexpr std::chrono::milliseconds kGlance{50};

/// \param wait_for  waits for a while; returns an optional, empty where there is no result yet
/// Throws CalledOff.
template <typename WaitFor>
auto resultOf(const WaitFor& wait_for, const StoppableWait& wait) {
  while (true) {
    if (wait.isStopped()) throw CalledOff{};
    if (auto result = wait_for(kGlance)) return *std::move(result);
  }
}

/// Does something that cannot be called off, on a thread that is left to itself if it is.
/// \param work  owns all that it needs
/// Throws what `work` does, or CalledOff.
template <typename Result>
Result aside(std::function<Result()> work, const StoppableWait& wait) {
  std::packaged_task<Result()> task(std::move(work));
  std::future<Result> future = task.get_future();
  std::thread(std::move(task)).detach();
  return resultOf(
      [&](std::chrono::milliseconds time) -> std::optional<Result> {
        if (future.wait_for(time) != std::future_status::ready) return std::nullopt;
        return future.get();
      },
      wait);
}

}  // namespace holdfast::proxy
