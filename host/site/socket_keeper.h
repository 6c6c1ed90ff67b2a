/// \file socket_keeper.h
/// Keeps the socket file of a UNIX listener where web servers look for it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "host/platform/event_loop.h"
#include "host/platform/listening.h"
#include "host/platform/path_watch.h"

namespace holdfast {

/// A file that was removed (some systems tidy their temporary folders) or moved away with its
/// folder is made anew: without it nobody reaches the host, and another one could begin beside it.
/// On the loop's thread.
class SocketKeeper {
 public:
  struct Listener {
    /// The file is there again; whoever accepts must go on with this socket.
    std::function<void(Socket)> on_opened;
    /// It is not there and cannot be made, in words; empty: it is there again.
    std::function<void(const std::string&)> on_trouble;
  };
  struct Pace {
    /// After it has gone: who removes a whole folder is not to find a new file in it.
    std::chrono::milliseconds wait{1000};
    std::chrono::milliseconds check{30'000};  ///< also without any notice
    std::chrono::milliseconds retry{2000};    ///< where it cannot be made
  };

  /// \param options  that `file` was opened with, its path absolute
  SocketKeeper(EventLoop& loop, ListenerOptions options, SocketFile file, Listener listener);
  SocketKeeper(EventLoop& loop, ListenerOptions options, SocketFile file, Listener listener,
               Pace pace);

  /// Removes the file, and makes no other.
  void end();

 private:
  void checkIn(std::chrono::milliseconds time);
  void check();
  void open();
  void tell(const std::string& trouble);

  EventLoop& loop_;
  const ListenerOptions options_;
  SocketFile file_;
  const Listener listener_;
  const Pace pace_;
  std::string trouble_;
  std::unique_ptr<PathWatch> watch_;
  Timer timer_;
};

}  // namespace holdfast
