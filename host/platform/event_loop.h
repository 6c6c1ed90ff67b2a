/// \file event_loop.h
/// Sockets and timers of one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "host/platform/poller.h"

namespace holdfast {

class EventLoop;

/// Interest in one handle. Destroying it ends the interest at once, also from
/// within a handler. The handle must stay open as long as the watch lives.
class Watch {
 public:
  using Handler = std::function<void(Readiness)>;
  Watch(EventLoop& loop, NativeHandle handle, bool read, bool write, Handler handler);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// \param peer_end  false: it is known that the peer has ended its direction
  void want(bool read, bool write, bool peer_end = true);
  bool wantsRead() const { return interest_.read; }
  bool wantsWrite() const { return interest_.write; }

 private:
  friend class EventLoop;
  EventLoop& loop_;
  NativeHandle handle_;
  Poller::Interest interest_;
  std::unique_ptr<Handler> handler_;
};

/// A one-shot timer; destroying it cancels it.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), key_(other.key_) {}
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { cancel(); }
  void cancel();
  /// Set up and not cancelled; stays so after it fired.
  explicit operator bool() const { return loop_ != nullptr; }

 private:
  friend class EventLoop;
  using Key = std::pair<std::chrono::steady_clock::time_point, std::uint64_t>;
  EventLoop* loop_ = nullptr;
  Key key_;
};

/// Runs handlers, timers and posted tasks on the thread that calls run(). One that throws is named
/// in the log, and the others go on.
class EventLoop {
 public:
  using Clock = std::chrono::steady_clock;
  using Task = std::function<void()>;

  static constexpr std::size_t kReadHeadroomBytes = 8;

  EventLoop();
  ~EventLoop();

  /// So many in a second are no mishap any more.
  static constexpr unsigned kMaxErrors = 1000;

  /// Until stop(). Throws what a handler threw if there have been more than kMaxErrors in a second.
  void run();
  /// From any thread.
  void stop();
  /// Queues a task for the loop's thread; from any thread.
  void post(Task task);

  /// Runs `task` when the handlers of this round are done; loop's thread only.
  /// For what must not happen under the feet of a caller, such as destroying it.
  void defer(Task task) { deferred_.push_back(std::move(task)); }

  /// Runs `task` once after `delay`, unless the returned timer is gone by then.
  /// The timer must not outlive the loop.
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, Task task);

  /// A buffer for one read, shared by all handlers: what it holds is lost when
  /// the handler returns. kReadHeadroomBytes in front of it are writable.
  std::span<std::byte> readBuffer();

 private:
  friend class Watch;
  friend class Timer;

  template <typename Work>
  void guarded(const Work& work);
  void onError(const char* what);
  void runDueTimers();
  void runPosted();
  void runDeferred();
  bool isStopping();
  std::chrono::milliseconds untilNextTimer() const;

  Poller poller_;
  std::vector<Poller::Event> events_;
  /// Handlers of watches that ended while one of them may be running.
  std::vector<std::unique_ptr<Watch::Handler>> retired_;
  std::map<Timer::Key, Task> timers_;
  std::uint64_t next_timer_ = 1;
  std::vector<std::byte> buffer_;
  std::vector<Task> deferred_;
  Clock::time_point errors_since_;
  unsigned errors_ = 0;  ///< since then, of a second

  std::mutex posted_mutex_;  ///< guards posted_ and stopping_
  std::vector<Task> posted_;
  bool stopping_ = false;
};

}  // namespace holdfast
