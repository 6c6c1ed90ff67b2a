/// \file session_relay.h
/// The work of a session's thread: from the client's first message to the last byte.
///
///     client ── frames ──► stream ── whole messages ──► engine
///            ◄── frames ── stream ◄────── bytes ───────
///
///   waiting ──► the first message is there: opening ──► relaying
///            ──► the client is lost, closes, breaks a rule; end()
///                    engine: `disconnect` ─► its answer ─► what it still sends ─► closed
///                    client: `terminated` ─► close frame ─► the client's ─► closed
///            ──► the engine is gone: the client's part of that only
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/client_end.h"
#include "proxy/session/conversation.h"
#include "proxy/session/engine_end.h"
#include "proxy/session/session.h"
#include "proxy/session/session_ending.h"
#include "proxy/session/wake_poll.h"
#include "proxy/tap/dap_framing.h"

namespace holdfast::proxy {

/// What other threads want of a session.
struct SessionOrders {
  struct End {
    CloseCode code;
    std::string reason;
    bool restart;
  };
  std::optional<End> end;
  bool engine_gone = false;
};

class SessionRelay {
 public:
  struct Outside {
    WakePoll& poll;
    std::function<SessionOrders()> take_orders;  ///< asked when the poll was woken
    std::function<void(const std::string&)> on_client_name;
    std::function<void()> on_ending;  ///< nothing is relayed any more
  };

  SessionRelay(SessionPlan plan, Outside outside);
  /// Returns when both connections are closed.
  SessionEnd run();

 private:
  using Time = EngineEnd::Time;
  /// Of the engine's connection.
  enum class Phase { kWaiting, kOpening, kRelaying, kGoodbye, kDraining, kClosed };

  void step();
  bool readsClient() const;
  bool readsEngine() const;
  std::chrono::milliseconds timeUntilDue() const;

  void serveClient(const Watched& client);
  void serveEngine(const Watched& engine);
  void onOpened();
  void drain();
  void readEngine();
  void passToClient(std::span<std::byte> bytes);
  std::span<std::byte> roomForEngine(bool for_client);
  /// Reads along. \return whether it took a message; `bytes` are what is behind it
  bool hearEngine(std::span<const std::byte>& bytes);
  void relayToEngine();
  bool relayPiece();
  bool openEngine(std::string_view first_message);
  void sendToEngine(std::string_view content, bool stays);

  void obey(const SessionOrders& orders);
  void checkTime();
  void giveUpAnswer();
  void begin(SessionEnding ending);
  void clientEnded();
  void engineEnded(const std::string& error);
  void releaseEngine(bool released);
  void sayGoodbye();
  void closeClient();

  SessionPlan plan_;
  Outside outside_;
  Time now_;
  ClientEnd client_;
  EngineEnd engine_;
  Phase phase_ = Phase::kWaiting;
  Time engine_due_ = Time::max();  ///< end of this phase
  Time goodbye_until_;             ///< and of the goodbye, whatever the engine says meanwhile

  MessageDecoder from_client_;
  std::span<std::byte> piece_;  ///< of the client's stream what was not decoded yet
  MessageDecoder from_engine_;
  bool deaf_ = false;  ///< the engine's stream cannot be read along any more
  std::vector<std::byte> engine_buffer_;
  std::vector<std::byte> discard_buffer_;
  Conversation conversation_;

  std::optional<SessionEnding> ending_;
  bool goodbye_said_ = false;       ///< by us
  bool finishing_message_ = false;  ///< ending, but the client has part of a message only
  SessionEnd end_;
};

}  // namespace holdfast::proxy
