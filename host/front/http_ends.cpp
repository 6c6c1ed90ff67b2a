#include "host/front/http_ends.h"

namespace holdfast {

HttpEnds endsOf(const Socket& socket, bool tls) {
  if (socket.isLocal()) return {"unix:", "", "localhost", tls ? "443" : "80", tls};
  const Poco::Net::SocketAddress client = socket.peerAddress();
  const Poco::Net::SocketAddress server = socket.address();
  return {client.host().toString(), std::to_string(client.port()), server.host().toString(),
          std::to_string(server.port()), tls};
}

}  // namespace holdfast
