/// \file engine_end.h
/// A session's end of the connection to the debug engine: what goes there are whole messages.
///
///     idle ─ open() ─► resting ──► connecting ──► greeting ──► open ─ close() ─► closed
#pragma once

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "proxy/session/socket_io.h"

namespace holdfast::proxy {

/// Never blocks. The session's thread owns it.
class EngineEnd {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    std::chrono::milliseconds rest;  ///< before it connects
    std::chrono::milliseconds connect;
    std::chrono::milliseconds greeting;  ///< without a word from us
  };

  EngineEnd(const Poco::Net::SocketAddress& address, const Limits& limits)
      : address_(address), limits_(limits) {}

  // --- on the way to kOpen ---

  void open(Time now);
  /// Goes on as far as time and socket allow. \return why it failed, if it did
  /// \param ready  the socket is writable, or broken
  std::error_code advance(Time now, bool ready);
  /// The engine has said all that it says to one who connects.
  void onGreeted();
  /// When advance() has something to do, whatever the socket says.
  Time due() const;

  /// Null while there is none.
  const Poco::Net::Socket* socket() const {
    return isConnected() || isConnecting() ? &socket_ : nullptr;
  }
  bool isConnecting() const { return state_ == State::kConnecting; }
  bool isConnected() const { return state_ == State::kGreeting || state_ == State::kOpen; }
  bool isOpen() const { return state_ == State::kOpen; }

  // --- what is sent ---

  /// Another message may be sent; before kOpen it waits.
  bool takes() const;
  bool wantsWrite() const { return isOpen() && hasWaiting(); }
  /// \param content  of one message; flush() writes it
  /// \param stays  its memory stays as it is until takes(), so that it need not be copied
  void send(std::string_view content, bool stays, Time now);
  /// \return why it failed, if it did
  std::error_code flush(Time now);
  void dropWaiting();
  /// Since when the engine has not taken what waits for it.
  std::optional<Time> stuckSince() const;

  IoOutcome read(std::span<std::byte> buffer);
  /// It gets no more from us; what it sends still comes.
  void shutdownWrite();
  void close();

 private:
  enum class State { kIdle, kResting, kConnecting, kGreeting, kOpen, kClosed };
  std::error_code connect(Time now);
  bool hasWaiting() const { return sent_ < out_.size() || !tail_.empty(); }

  const Poco::Net::SocketAddress address_;
  const Limits limits_;
  Poco::Net::StreamSocket socket_;
  State state_ = State::kIdle;
  Time due_;  ///< end of this state, on the way to kOpen
  std::string out_;
  std::size_t sent_ = 0;   ///< bytes of it that are
  std::string_view tail_;  ///< the caller's; behind that
  Time progress_;          ///< when it took something, or when something began to wait
};

}  // namespace holdfast::proxy
