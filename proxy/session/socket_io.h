/// \file socket_io.h
/// Non-blocking input and output on Poco's sockets, by status: Poco's own tells a peer's end by
/// exceptions, and writes one buffer at a time.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <span>
#include <system_error>

namespace holdfast::proxy {

enum class IoStatus {
  kDone,        ///< some bytes, see IoOutcome::bytes
  kWouldBlock,  ///< nothing now
  kEnded,       ///< the peer sends no more
  kBroken,      ///< see IoOutcome::error
};

struct IoOutcome {
  IoStatus status = IoStatus::kDone;
  std::size_t bytes = 0;
  std::error_code error;
};

/// Non-blocking, and what is written goes out at once (TCP_NODELAY).
void makePrompt(Poco::Net::StreamSocket& socket);

/// What a connection attempt (connectNB) came to, once the socket is writable.
std::error_code connectError(const Poco::Net::StreamSocket& socket);

IoOutcome readSome(const Poco::Net::StreamSocket& socket, std::span<std::byte> buffer);
/// Writes both parts, in that order, as much as fits.
IoOutcome writeSome(const Poco::Net::StreamSocket& socket, std::span<const std::byte> first,
                    std::span<const std::byte> second);

}  // namespace holdfast::proxy
