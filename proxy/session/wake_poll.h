/// \file wake_poll.h
/// Waits for a few sockets, until one is ready, the time is over, or another thread calls.
#pragma once

#include <Poco/Net/Socket.h>

#include <chrono>
#include <span>

namespace holdfast::proxy {

struct Watched {
  const Poco::Net::Socket* socket = nullptr;  ///< null: not watched
  bool read = false;
  bool write = false;
  // Answers:
  bool readable = false;
  bool writable = false;
  bool broken = false;  ///< told without being asked for: nothing more can be written
};

/// One thread waits; wake() may be called from any.
class WakePoll {
 public:
  static constexpr std::size_t kMaxWatched = 7;

  /// Throws std::system_error.
  WakePoll();
  ~WakePoll();
  WakePoll(const WakePoll&) = delete;
  WakePoll& operator=(const WakePoll&) = delete;

  /// \param watched  at most kMaxWatched
  /// \param timeout  negative: without limit
  /// \return whether wake() was called since the last return
  bool wait(std::span<Watched> watched, std::chrono::milliseconds timeout);
  void wake() noexcept;

 private:
  int handle_ = -1;
};

}  // namespace holdfast::proxy
