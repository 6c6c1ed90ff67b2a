/// \file socket.h
/// Non-blocking stream sockets and pipes, whatever the platform calls them.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace holdfast {

/// A descriptor (POSIX) or SOCKET (Windows).
using NativeHandle = int;
inline constexpr NativeHandle kNoHandle = -1;

/// What a read or write on a non-blocking handle came to.
struct IoResult {
  enum class Status { kOk, kWouldBlock, kClosed, kError };
  Status status = Status::kOk;
  std::size_t bytes = 0;  ///< with kOk
  std::error_code error;  ///< with kError

  bool ok() const { return status == Status::kOk; }
  bool wouldBlock() const { return status == Status::kWouldBlock; }
};

/// Owns one handle; never inherited by child processes. Not thread-safe.
class Socket {
 public:
  Socket() = default;
  /// Takes ownership; makes the handle non-blocking and not inheritable.
  explicit Socket(NativeHandle handle);
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, kNoHandle)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  explicit operator bool() const { return handle_ != kNoHandle; }
  NativeHandle handle() const { return handle_; }
  NativeHandle release() { return std::exchange(handle_, kNoHandle); }
  void close() noexcept;

  /// Reads what is there. kClosed: the peer ended its side.
  IoResult read(std::span<std::byte> buffer);
  /// Writes the parts in order, as much as fits.
  IoResult write(std::span<const std::span<const std::byte>> parts);
  IoResult write(std::span<const std::byte> bytes);
  /// Bytes written that the peer has not read yet, with what it costs to keep them; 0 only if it
  /// has read all (UNIX sockets), and where that is not known.
  std::size_t unreadByPeer() const noexcept;
  /// Ends our direction; the peer reads the end of the stream.
  void shutdownWrite() noexcept;
  /// Closes in such a way that the peer sees an error, not the end of the stream (TCP).
  void reset() noexcept;

  /// A second handle for the same socket. Throws std::system_error.
  static Socket duplicate(NativeHandle handle);

  /// A UNIX socket.
  bool isLocal() const noexcept;
  /// Of a TCP socket; throws std::system_error where there is none (any more).
  Poco::Net::SocketAddress address() const;
  Poco::Net::SocketAddress peerAddress() const;
  /// What is written goes out at once (TCP_NODELAY); nothing for others than TCP.
  void setNoDelay() noexcept;

  /// Accepts one connection. \return an empty socket if none waits; `error` is
  /// set where it is more than that (for instance out of descriptors)
  Socket accept(std::error_code& error);

 private:
  NativeHandle handle_ = kNoHandle;
};

struct SocketPair {
  Socket ours;
  Socket theirs;
};
/// Two connected stream sockets; throws std::system_error.
SocketPair makeSocketPair();
/// A pipe: `ours` reads what is written to `theirs`; throws std::system_error.
SocketPair makeReadPipe();

}  // namespace holdfast
