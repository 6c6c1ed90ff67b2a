/// \file poller.h
/// Waits until handles can be read or written (epoll on Linux).
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "host/platform/socket.h"

namespace holdfast {

struct Readiness {
  bool readable = false;
  bool writable = false;
  /// The peer has ended its direction, or the connection is broken; reported
  /// without being asked for. There may still be something to read.
  bool hangup = false;
};

/// Level-triggered. One thread waits; wake() may be called from any thread.
class Poller {
 public:
  struct Event {
    void* tag;  ///< null: cancelled
    Readiness ready;
  };

  Poller();
  ~Poller();

  /// What to wait for.
  struct Interest {
    bool read = false;
    bool write = false;
    /// Also that the peer ends its direction; that the connection breaks is told in any case.
    bool peer_end = true;
    bool operator==(const Interest&) const = default;
  };

  /// Throws std::system_error.
  void add(NativeHandle handle, Interest interest, void* tag);
  void change(NativeHandle handle, Interest interest, void* tag);
  void remove(NativeHandle handle) noexcept;

  /// \param timeout  negative: without limit
  /// \param[out] events  replaced
  void wait(std::chrono::milliseconds timeout, std::vector<Event>& events);
  /// Makes wait() return; from any thread or from a signal handler.
  void wake() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
