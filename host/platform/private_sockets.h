/// \file private_sockets.h
/// Local sockets that only one user, and root, may open: each named by the pid of the process that
/// listens there (`PID.sock`), in a folder that nobody else may enter.
///
///     root:   /run/holdfast
///     others: /run/user/UID/holdfast, or /tmp/holdfast-UID where there is no /run/user/UID
#pragma once

#include <string>
#include <system_error>
#include <vector>

#include "host/platform/listening.h"
#include "host/platform/socket.h"

namespace holdfast {

/// Where the folders are; other places for tests.
struct PrivatePlaces {
  std::string run = "/run";
  std::string tmp = "/tmp";
};

/// A listener named by our own pid, mode 0600. Makes the folder, with mode 0700, where it is
/// missing. Throws std::runtime_error with cause and remedy, also where the folder is another
/// user's, is a link, or is open to others.
OpenedListener listenPrivately(const PrivatePlaces& places = {});
/// Where that listens.
std::string privateSocketPath(const PrivatePlaces& places = {});

struct PrivateSocket {
  std::string path;
  int pid = 0;         ///< by its name
  unsigned owner = 0;  ///< user of its folder
};

struct FoundSockets {
  std::vector<PrivateSocket> sockets;
  std::vector<std::string> problems;  ///< folders that are passed over, and why
  std::vector<std::string> others;    ///< users whose folders are closed to this one
};

/// The sockets that this user may open: those of all users for root. What processes that ended
/// without cleaning up have left in this user's own folders is removed.
FoundSockets findPrivateSockets(const PrivatePlaces& places = {});

/// \param[out] error  why there is none: std::errc::connection_refused for one that nobody listens
///   on any more, std::errc::permission_denied also where somebody else than the owner listens
Socket connectPrivately(const PrivateSocket& socket, std::error_code& error);

/// Whether the other end of a local socket is this user or root.
bool isOwnPeer(const Socket& socket);

bool isThisUser(unsigned user);
/// Name of a user, or the number of one without a name.
std::string userName(unsigned user);
/// For whom this process acts.
std::string thisUserName();

}  // namespace holdfast
