/// \file http_ends.h
/// Who is at both ends of a connection, as the params of its requests name them.
#pragma once

#include <string>

#include "host/platform/socket.h"

namespace holdfast {

struct HttpEnds {
  std::string client;       ///< numeric address; `unix:` of a UNIX socket, as nginx has it
  std::string client_port;  ///< empty of a UNIX socket
  std::string server;       ///< numeric address; `localhost` of a UNIX socket
  std::string server_port;
  bool tls = false;  ///< the client speaks TLS with us

  bool isLocal() const { return client_port.empty(); }
};

/// Of an accepted connection. Throws std::system_error where the client has left already.
HttpEnds endsOf(const Socket& socket, bool tls);

}  // namespace holdfast
