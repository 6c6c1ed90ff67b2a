#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "host/platform/socket.h"

namespace holdfast {

namespace {

constexpr std::size_t kMaxParts = 64;

[[noreturn]] void throwErrno(const char* operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

IoResult failure() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return {IoResult::Status::kWouldBlock, 0, {}};
  }
  return {IoResult::Status::kError, 0, std::error_code(errno, std::generic_category())};
}

SocketPair ownBoth(const int (&ends)[2]) {
  SocketPair pair;
  try {
    pair.ours = Socket(ends[0]);
  } catch (...) {
    ::close(ends[1]);
    throw;
  }
  pair.theirs = Socket(ends[1]);
  return pair;
}

Poco::Net::SocketAddress nameBy(int (*function)(int, sockaddr*, socklen_t*), int handle) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (function(handle, address, &size) < 0) throwErrno("the address of a socket");
  auto* const ipv6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (storage.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
    return {address, size};
  }
  // ::ffff:192.0.2.1 is how an IPv6 socket names an IPv4 peer.
  return {Poco::Net::IPAddress(&ipv6->sin6_addr.s6_addr[12], 4), ntohs(ipv6->sin6_port)};
}

}  // namespace

Socket::Socket(NativeHandle handle) : handle_(handle) {
  const int flags = ::fcntl(handle_, F_GETFL);
  if (flags < 0 || ::fcntl(handle_, F_SETFL, flags | O_NONBLOCK) < 0 ||
      ::fcntl(handle_, F_SETFD, FD_CLOEXEC) < 0) {
    const int saved = errno;
    close();
    errno = saved;
    throwErrno("fcntl");
  }
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = std::exchange(other.handle_, kNoHandle);
  }
  return *this;
}

void Socket::close() noexcept {
  if (handle_ != kNoHandle) ::close(std::exchange(handle_, kNoHandle));
}

IoResult Socket::read(std::span<std::byte> buffer) {
  const ssize_t count = ::read(handle_, buffer.data(), buffer.size());
  if (count > 0) return {IoResult::Status::kOk, static_cast<std::size_t>(count), {}};
  if (count == 0) return {IoResult::Status::kClosed, 0, {}};
  return failure();
}

IoResult Socket::write(std::span<const std::span<const std::byte>> parts) {
  std::array<iovec, kMaxParts> vectors;
  std::size_t used = 0;
  for (const auto& part : parts) {
    if (used == kMaxParts) break;
    if (part.empty()) continue;
    vectors[used++] = {const_cast<std::byte*>(part.data()), part.size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = used;
  const ssize_t count = ::sendmsg(handle_, &message, MSG_NOSIGNAL);
  if (count >= 0) return {IoResult::Status::kOk, static_cast<std::size_t>(count), {}};
  return failure();
}

IoResult Socket::write(std::span<const std::byte> bytes) {
  return write(std::span<const std::span<const std::byte>>(&bytes, 1));
}

void Socket::reset() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(handle_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::size_t Socket::unreadByPeer() const noexcept {
  int bytes = 0;
  return ::ioctl(handle_, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

void Socket::shutdownWrite() noexcept { ::shutdown(handle_, SHUT_WR); }

Socket Socket::duplicate(NativeHandle handle) {
  const int copy = ::fcntl(handle, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throwErrno("fcntl");
  return Socket(copy);
}

bool Socket::isLocal() const noexcept {
  int family = 0;
  socklen_t size = sizeof family;
  return ::getsockopt(handle_, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX;
}

Poco::Net::SocketAddress Socket::address() const { return nameBy(::getsockname, handle_); }

Poco::Net::SocketAddress Socket::peerAddress() const { return nameBy(::getpeername, handle_); }

void Socket::setNoDelay() noexcept {
  const int on = 1;
  ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket Socket::accept(std::error_code& error) {
  error.clear();
  const int handle = ::accept4(handle_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (handle < 0) {
    const bool nobody =
        errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED;
    if (!nobody) error = std::error_code(errno, std::generic_category());
    return {};
  }
  Socket socket;
  socket.handle_ = handle;
  return socket;
}

SocketPair makeSocketPair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) throwErrno("socketpair");
  return ownBoth(ends);
}

SocketPair makeReadPipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throwErrno("pipe2");
  return ownBoth(ends);
}

}  // namespace holdfast
