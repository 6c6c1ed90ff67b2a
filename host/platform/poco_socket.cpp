#include "host/platform/poco_socket.h"

#include <Poco/Net/StreamSocketImpl.h>

namespace holdfast {

Poco::Net::StreamSocket toPocoSocket(Socket socket) {
  Poco::Net::StreamSocket owner(new Poco::Net::StreamSocketImpl(socket.handle()));
  socket.release();
  return owner;
}

Socket fromPocoSocket(const Poco::Net::StreamSocket& socket) {
  return Socket::duplicate(socket.impl()->sockfd());
}

}  // namespace holdfast
