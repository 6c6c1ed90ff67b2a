#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "proxy/tls/socket_pair.h"

namespace holdfast::proxy {

std::pair<Poco::Net::StreamSocket, Poco::Net::StreamSocket> makeLocalPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  return {Poco::Net::StreamSocket(new Poco::Net::StreamSocketImpl(ends[0])),
          Poco::Net::StreamSocket(new Poco::Net::StreamSocketImpl(ends[1]))};
}

}  // namespace holdfast::proxy
