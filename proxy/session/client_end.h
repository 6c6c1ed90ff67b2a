/// \file client_end.h
/// A session's end of the client's WebSocket: frames, pings, and the close handshake.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/keepalive.h"
#include "proxy/session/socket_io.h"
#include "proxy/web_socket/web_socket_frame.h"

namespace holdfast::proxy {

/// Never blocks. The session's thread owns it.
class ClientEnd {
 public:
  using Time = Keepalive::Time;

  struct Limits {
    Keepalive::Span ping;
    Keepalive::Span silence;
    Keepalive::Span close;
    std::uint64_t max_frame;
  };

  /// How the client ended the session.
  struct Farewell {
    enum class Kind { kClosed, kLost, kSilent, kBroke };
    Kind kind;
    CloseCode code;  ///< kClosed: the client's; kBroke: to close with
    std::string text;
  };

  /// \param head  bytes to be sent before any frame
  /// \param leftover  bytes of frames that have come
  ClientEnd(const Poco::Net::StreamSocket& socket, std::string head, std::string_view leftover,
            const Limits& limits, Time now);

  /// Null once it is closed.
  const Poco::Net::Socket* socket() const { return state_ == State::kClosed ? nullptr : &socket_; }
  bool isClosed() const { return state_ == State::kClosed; }
  const std::optional<Farewell>& farewell() const { return farewell_; }

  // --- from the client ---

  /// All that came was given out by nextPiece(): read() may be called.
  bool isUsedUp() const { return input_.empty(); }
  /// Bytes that one read() gives at most, and so one piece.
  std::size_t bufferSize() const { return buffer_.size(); }
  void read(Time now);
  /// The connection is broken, as the poll says.
  void lose(std::string text);
  /// \param[out] piece  of the debugger's stream, until the next read()
  /// \return whether there was one; if not: read() first, or see farewell()
  bool nextPiece(std::span<std::byte>& piece);

  // --- to the client ---

  /// Nothing waits to be written: send() may be called.
  bool takes() const { return state_ == State::kOpen && !wantsWrite(); }
  bool wantsWrite() const { return !frame_.empty() || sent_ < control_.size(); }
  /// One frame, see frameInPlace(); the payload's memory stays as it is until takes().
  void send(std::span<std::byte> payload, Time now);
  /// A frame of its own, behind all that waits.
  void sendText(std::string_view payload);
  void flush(Time now);

  // --- the end ---

  /// What comes from now on is discarded, close() follows. The client's time to close begins.
  void stopListening(Time now);
  /// Sends a close frame, and ends the connection when the client's has come.
  void close(CloseCode code, std::string_view reason, Time now);
  /// At once, without a word.
  void drop();

  // --- time ---

  /// What is due: a ping, giving up.
  /// \param listening  false: the session does not read now, so that silence proves nothing
  void onTime(Time now, bool listening);
  Time next() const;

 private:
  enum class State { kOpen, kClosing, kShut, kClosed };
  void end(Farewell::Kind kind, CloseCode code, std::string text);
  void answerPing(std::string_view payload);
  void discardInput();
  void shutWhenDone();

  Poco::Net::StreamSocket socket_;
  const Limits limits_;
  State state_ = State::kOpen;
  FrameDecoder decoder_;
  Keepalive keepalive_;
  std::vector<std::byte> buffer_;
  std::span<std::byte> input_;        ///< of the buffer what was not decoded yet
  std::span<const std::byte> frame_;  ///< the caller's; written first
  std::string control_;               ///< written next
  std::size_t sent_ = 0;              ///< bytes of it that are
  bool blocked_ = false;              ///< the last write did not take all
  std::optional<Farewell> farewell_;
  std::optional<Time> close_until_;  ///< set: what comes is discarded
};

}  // namespace holdfast::proxy
