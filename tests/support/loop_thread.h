/// \file loop_thread.h
/// An event loop at work on a thread of its own, so that a test can sit at the other end of a
/// socket.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "host/platform/event_loop.h"

namespace holdfast {

/// How long a test waits for something that should come at once.
inline constexpr std::chrono::seconds kTestDeadline{10};

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop.run(); }) {}
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() {
    loop.stop();
    thread_.join();
  }

  /// Runs `task` on the loop's thread. \return its result, or throws what it threw
  template <typename Task>
  auto call(Task task) -> std::invoke_result_t<Task> {
    std::packaged_task<std::invoke_result_t<Task>()> packaged(std::move(task));
    auto result = packaged.get_future();
    loop.post([&packaged] { packaged(); });
    if (result.wait_for(kTestDeadline) != std::future_status::ready) {
      // The loop is stuck in a handler; its stack refers to ours.
      ADD_FAILURE() << "the event loop does not turn";
      std::abort();
    }
    return result.get();
  }

  /// What had been sent to the loop's sockets before is read by now: a round that began after this
  /// call has ended.
  void settle() {
    call([] {});
    call([] {});
  }

  /// \param holds  asked on the loop's thread
  [[nodiscard]] bool waitUntil(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + kTestDeadline;
    while (!call(holds)) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  EventLoop loop;

 private:
  std::thread thread_;
};

}  // namespace holdfast
