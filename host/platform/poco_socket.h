/// \file poco_socket.h
/// Between our sockets and Poco's, which the debug channel uses.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include "host/platform/socket.h"

namespace holdfast {

/// The same descriptor, owned by the result. It stays non-blocking, whatever Poco believes.
Poco::Net::StreamSocket toPocoSocket(Socket socket);

/// A second descriptor for the same socket, non-blocking for both. Throws std::system_error.
Socket fromPocoSocket(const Poco::Net::StreamSocket& socket);

}  // namespace holdfast
