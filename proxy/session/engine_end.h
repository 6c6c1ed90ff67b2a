/// \file engine_end.h
/// A session's end of the connection to the debug engine: what goes there are whole messages.
#pragma once

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/session/socket_io.h"

namespace holdfast::proxy {

/// Never blocks. The session's thread owns it.
class EngineEnd {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Begins to connect. \return why that failed at once, if it did
  std::error_code connect(const Poco::Net::SocketAddress& address);
  /// To be called when the socket is writable. \return why it failed, if it did
  std::error_code finishConnect();

  /// Null while there is none.
  const Poco::Net::Socket* socket() const { return state_ == State::kClosed ? nullptr : &socket_; }
  bool isConnecting() const { return state_ == State::kConnecting; }
  bool isClosed() const { return state_ == State::kClosed; }

  /// Another message may be sent.
  bool takes() const;
  bool wantsWrite() const { return sent_ < out_.size() || !tail_.empty(); }
  /// \param content  of one message; flush() writes it
  /// \param stays  its memory stays as it is until takes(), so that it need not be copied
  void send(std::string_view content, bool stays, Time now);
  /// \return why it failed, if it did
  std::error_code flush(Time now);
  /// Since when the engine has not taken what waits for it.
  std::optional<Time> stuckSince() const;

  IoOutcome read(std::span<std::byte> buffer);
  /// It gets no more from us; what it sends still comes.
  void shutdownWrite();
  void close();

 private:
  enum class State { kClosed, kConnecting, kOpen };

  Poco::Net::StreamSocket socket_;
  State state_ = State::kClosed;
  std::string out_;
  std::size_t sent_ = 0;   ///< bytes of it that are
  std::string_view tail_;  ///< the caller's; behind that
  Time progress_;          ///< when it took something, or when something began to wait
};

}  // namespace holdfast::proxy
