/// \file taking_pace.h
/// Whether a peer takes its answer as fast as is wanted, from one interval to the next. Pure.
#pragma once

#include <cstdint>

namespace holdfast {

/// What the kernel accepts says little: full buffers accept nothing until a large part of them is
/// free again. What the peer has not read yet says more, though it goes down in steps, too: by
/// whole pieces of a UNIX socket, by the updates of a TCP window.
/// Not thread-safe.
class TakingPace {
 public:
  /// An interval begins, of a wait that is new.
  /// \param sent    bytes that the kernel has accepted so far
  /// \param unread  Socket::unreadByPeer()
  void start(std::uint64_t sent, std::uint64_t unread);

  /// Bytes taken in this interval, nearly.
  std::uint64_t taken(std::uint64_t sent, std::uint64_t unread) const;

  /// The interval is over, and the next begins. One that brought twice as much as is wanted makes
  /// up for one after it that brought less: because of the steps.
  /// \return whether at least `least` bytes were taken
  bool suffices(std::uint64_t sent, std::uint64_t unread, std::uint64_t least);

 private:
  std::uint64_t sent_ = 0;
  std::uint64_t unread_ = 0;
  bool is_ahead_ = false;
};

}  // namespace holdfast
