/// \file session.h
/// One debugger's session: relays between its WebSocket and the debug engine's port, keeps both
/// sides alive, and leaves the engine running whatever becomes of the client.
#pragma once

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/web_socket/web_socket_frame.h"

namespace holdfast::proxy {

struct SessionLimits {
  std::chrono::milliseconds connect = std::chrono::seconds(5);  ///< to the engine
  /// For what an engine says to one who connects; until then it hears nothing, and is not left:
  /// debugpy's adapter (seen up to 1.8.22) accepts nobody any more after that.
  std::chrono::milliseconds greeting{300};
  std::chrono::milliseconds answer = std::chrono::seconds(10);  ///< to the client's first message
  std::chrono::milliseconds ping = std::chrono::seconds(20);    ///< between two pings
  /// Without a byte from the client, or without the engine taking one: that peer is dead.
  std::chrono::milliseconds silence = std::chrono::seconds(60);
  /// For the engine's answer to it; anew with each answer to what the client had asked before, at
  /// most ten times.
  std::chrono::milliseconds goodbye = std::chrono::seconds(3);
  std::chrono::milliseconds close = std::chrono::seconds(3);  ///< for the client's close frame
  std::size_t max_message = std::size_t{64} << 20;            ///< bytes of one DAP message
};

/// Hears the messages as they are forwarded, for instance to know when the engine is held.
/// Called on the session's thread, which relays nothing meanwhile.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  /// Content of a message that goes to the engine next; also of our own goodbye.
  virtual void onClientMessage(std::string_view content) = 0;
  /// Content of a message whose end goes to the client next.
  virtual void onEngineMessage(std::string_view content) = 0;
  /// What the engine says from now on cannot be read along. Called once, at most.
  virtual void onBlind() = 0;
};

struct SessionPlan {
  Poco::Net::StreamSocket client;   ///< the session's from now on; no other copy may be used
  std::string head;                 ///< the answer 101, sent first
  std::string leftover;             ///< what the client has sent behind its request
  Poco::Net::SocketAddress engine;  ///< connected to when the client's first message has come
  SessionLimits limits{};
  SessionObserver* observer = nullptr;  ///< outlives the session
  /// How long the engine is left alone at first, so that it has forgotten the session before.
  std::chrono::milliseconds rest{0};
};

enum class SessionCause {
  kClientClosed,       ///< with a close frame
  kClientLost,         ///< the connection ended without one
  kClientSilent,       ///< no answer to pings
  kClientBroke,        ///< it speaks no WebSocket or no DAP
  kEngineClosed,       ///< also: it takes nothing, or it died (engineGone)
  kEngineUnreachable,  ///< no connection, or no answer, in time
  kStopped,            ///< end()
};

struct SessionEnd {
  SessionCause cause = SessionCause::kStopped;
  std::string text;  ///< for the log, in words
  /// The engine has answered the goodbye, is gone, or has never heard of this client: nothing is
  /// held for it any more. If not, only a new engine helps.
  bool engine_released = false;
  std::uint64_t bytes_from_client = 0;  ///< of the debugger's stream
  std::uint64_t bytes_to_client = 0;
};

/// Has one thread, which waits for both sockets. At most about 0.2 MiB wait in each direction,
/// besides one DAP message. What the client sends reaches the engine in whole messages only; when
/// the client is lost, or end() is called, the engine is told `disconnect`, which makes it
/// resume and forget its breakpoints, and only then its connection is closed.
class Session {
 public:
  /// Both are called once, on the session's thread, perhaps before this constructor returns: may
  /// post to another thread, must not destroy the session.
  /// \param on_end  the engine's connection is closed, another session may have it; the client may
  ///   still have to answer the close frame
  /// \param on_over  the thread's last act
  /// Throws std::system_error if there is no descriptor or thread.
  Session(SessionPlan plan, std::function<void(const SessionEnd&)> on_end,
          std::function<void()> on_over = {});
  /// Ends the session (kGoingAway) and waits for its thread: as long as the goodbye takes, or
  /// limits.close. end() before, and waiting for on_over, does not block.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Any thread; returns at once, the first call counts. The client is told `terminated` and gets
  /// a close frame.
  /// \param reason  at most kMaxCloseReason bytes, UTF-8; for a person
  /// \param restart  the client is told to attach anew
  void end(CloseCode code, std::string reason, bool restart);
  /// Any thread: the engine's process is gone, whatever its connection says.
  void engineGone();
  /// Nothing is relayed any more, and only the farewells are left: another client can come soon.
  /// Any thread.
  bool isEnding() const;
  /// As the client's `initialize` says it, printable; empty while unknown. Any thread.
  std::string clientName() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::proxy
