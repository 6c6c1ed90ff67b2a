/// \file socket_pair.h
/// Two ends of a local connection between threads of this process.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <utility>

namespace holdfast::proxy {

/// Connected to each other, blocking, not inherited by child processes. Throws std::system_error.
std::pair<Poco::Net::StreamSocket, Poco::Net::StreamSocket> makeLocalPair();

}  // namespace holdfast::proxy
