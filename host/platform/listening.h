/// \file listening.h
/// Listening sockets for FastCGI: opened by us, or inherited.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "host/platform/socket.h"

namespace holdfast {

struct ListenerOptions {
  std::string address;            ///< `unix:PATH` or `tcp:HOST:PORT` (IPv4, port 1..65535)
  unsigned socket_mode = 0660;    ///< of a UNIX socket
  std::string socket_owner = {};  ///< `USER[:GROUP]` of a UNIX socket, or empty
};

/// The file of a UNIX listener. Removes it at its end, unless another host has
/// put its own in that place meanwhile.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { remove(); }
  void remove() noexcept;
  /// Still the one that was made.
  bool isThere() const noexcept;
  explicit operator bool() const { return !path_.empty(); }

 private:
  std::string path_;  ///< empty: there is none
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

struct OpenedListener {
  Socket socket;
  SocketFile file;
};

/// Opens a listener. Replaces a socket file that nobody listens on any more;
/// any other file, and a socket with a live listener, is left alone.
/// Throws std::runtime_error that names address, cause and remedy; std::invalid_argument where the
/// options themselves are wrong.
OpenedListener openListener(const ListenerOptions& options);

struct InheritedListener {
  Socket socket;
  std::string name;  ///< for the log: `standard input`, `LISTEN_FDS 3`
  /// Apache's mod_fcgid has started us, and gives us one request at a time.
  bool from_mod_fcgid = false;
};

/// Listeners that whoever started us has opened: LISTEN_FDS (sd_listen_fds(3)),
/// else standard input where it is a listening socket (FastCGI 1.0, section 2.2).
/// Empties the LISTEN_ variables, so that workers do not see them, and puts the
/// null device in place of standard input.
std::vector<InheritedListener> inheritedListeners();

/// Raises the limit of open descriptors as far as this user may. \return the limit
std::size_t raiseDescriptorLimit();

}  // namespace holdfast
