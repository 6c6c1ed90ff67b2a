#include "host/front/http_listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>

#include <stdexcept>

namespace holdfast {

namespace {

constexpr int kBacklog = 256;
constexpr std::string_view kTcp = "tcp:";

}  // namespace

OpenedListener openHttpListener(const ListenerOptions& options) {
  const std::string& address = options.address;
  if (!address.starts_with(kTcp)) return openListener(options);
  try {
    Poco::Net::ServerSocket socket;
    // Not SO_REUSEPORT, or a second host would take a part of what comes.
    socket.bind(Poco::Net::SocketAddress(address.substr(kTcp.size())), true, false);
    socket.listen(kBacklog);
    return {Socket::duplicate(socket.impl()->sockfd()), {}};
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot listen on " + address + ": " + error.displayText() +
                             ": stop what listens there, or choose another port");
  }
}

}  // namespace holdfast
