#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "proxy/session/socket_io.h"

namespace holdfast::proxy {

namespace {

IoOutcome outcome(ssize_t count) {
  if (count > 0) return {IoStatus::kDone, static_cast<std::size_t>(count), {}};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return {IoStatus::kWouldBlock, 0, {}};
  }
  return {IoStatus::kBroken, 0, std::error_code(errno, std::generic_category())};
}

iovec part(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

void makePrompt(Poco::Net::StreamSocket& socket) {
  socket.setBlocking(false);
  const int on = 1;
  // Fails on a UNIX socket, which needs it not.
  ::setsockopt(socket.impl()->sockfd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::error_code connectError(const Poco::Net::StreamSocket& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.impl()->sockfd(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  return std::error_code(error, std::generic_category());
}

IoOutcome readSome(const Poco::Net::StreamSocket& socket, std::span<std::byte> buffer) {
  const ssize_t count = ::recv(socket.impl()->sockfd(), buffer.data(), buffer.size(), 0);
  if (count == 0) return {IoStatus::kEnded, 0, {}};
  return outcome(count);
}

IoOutcome writeSome(const Poco::Net::StreamSocket& socket, std::span<const std::byte> first,
                    std::span<const std::byte> second) {
  iovec parts[] = {part(first), part(second)};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const ssize_t count = ::sendmsg(socket.impl()->sockfd(), &message, MSG_NOSIGNAL);
  if (count == 0) return {};
  return outcome(count);
}

}  // namespace holdfast::proxy
