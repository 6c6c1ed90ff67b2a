/// \file channel.h
/// The debug path of a site: who may pass, the info page, and the one debugger that is attached.
///
///     front end ── ChannelRequest ─▶ answer() ─▶ page, JSON, refusal
///                                        │ 101
///                                        ▼
///     front end ── socket ─────────▶ open() ──▶ Session (a thread) ⇄ engine
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/secret.h"
#include "proxy/channel_events.h"
#include "proxy/channel_request.h"
#include "proxy/gate/secret_gate.h"
#include "proxy/page/view_tokens.h"
#include "proxy/session/session_seat.h"
#include "proxy/web_socket/brief_upgrades.h"

namespace holdfast::proxy {

/// What the settings say about the channel.
struct ChannelPlan {
  Secret secret;                        ///< empty: debugging is off
  std::string path = "/ptvsd";          ///< as Settings::Debug::path
  std::chrono::milliseconds expires{};  ///< from the start, or the last other secret; 0: never
  bool allow_insecure = false;
  std::string route = "attached";  ///< or `marked`
  std::string app_root;            ///< absolute, as seen by the lane
  std::string listener;            ///< `unix:PATH`, `tcp:HOST:PORT`, or empty: none of its own
  std::string version;             ///< of Holdfast
};

/// Belongs to the loop's thread. No call of it waits for the network.
class Channel {
 public:
  using Clock = std::chrono::steady_clock;
  /// Runs a function on the loop's thread later; may be called on any thread.
  using Post = std::function<void(std::function<void()>)>;

  /// \param events  is referred to
  /// \param now  for tests
  Channel(ChannelPlan plan, ChannelEvents& events, Post post,
          std::function<Clock::time_point()> now = Clock::now);
  /// Ends and waits for the session: as long as SessionLimits::goodbye and ::close say.
  ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Whether requests for `path` (decoded, full) are the channel's. Without a secret none are.
  bool owns(std::string_view path) const;

  /// Judges a request that the channel owns.
  ChannelAnswer answer(const ChannelRequest& request);

  /// Takes over the connection of a request whose answer was an upgrade: sends the answer's head,
  /// and all that follows.
  /// \param leftover  what the client has sent behind the request's head
  void open(ChannelAnswer answer, Poco::Net::StreamSocket socket, std::string leftover);

  bool isAttached() const { return seat_.isTaken(); }
  /// A debugger is attached to the engine at that port, and has not been sent away.
  bool isAttachedTo(std::uint16_t port) const { return seat_.isTakenAt(port); }
  /// What marks a request for the lane while route is `marked`: the value of the cookie
  /// `holdfast-debug` or of the header X-Holdfast-Debug. Empty while nobody is attached.
  std::string_view mark() const { return seat_.mark(); }
  std::optional<SessionView> session() const { return seat_.view(); }

  /// The lane died: the debugger is told so.
  /// \param port  of its engine; others are ignored
  void engineGone(std::uint16_t port) { seat_.engineGone(port); }
  /// As SessionSeat has it.
  void hurryHold() { seat_.hurryHold(); }

  /// Sends the debugger away; nothing if there is none.
  /// \param reason  at most 123 bytes
  /// \param restart  asks it to attach again (DAP: `terminated {restart}`)
  void endSession(CloseCode code, const std::string& reason, bool restart) {
    seat_.end(code, reason, restart);
  }

  /// At a reload. Another secret, or none, ends the session with 1008.
  void setPlan(ChannelPlan plan);

  /// What is due by the clock: a debugger is sent away when debugging expires. To be called every
  /// few seconds.
  void tick();

  /// Before the host stops: takes nothing more, and asks the session to end (1001).
  void close();

 private:
  ChannelAnswer route(const ChannelRequest& request);
  ChannelAnswer upgrade(const ChannelRequest& request);
  ChannelAnswer probe(const ChannelRequest& request);
  ChannelAnswer infoPage(const ChannelRequest& request) const;
  ChannelAnswer state(const ChannelRequest& request);
  ChannelAnswer source(const ChannelRequest& request);
  ChannelAnswer statusView(const ChannelRequest& request);
  ChannelAnswer openStatusView(const ChannelRequest& request);
  ChannelAnswer holdsForView(const ChannelRequest& request) const;
  ChannelAnswer resume(const ChannelRequest& request);

  /// Why the request may not be answered though it needs no page; none: the secret was right.
  std::optional<ChannelAnswer> refused(const ChannelRequest& request);
  std::optional<ChannelAnswer> refusedByEngine();
  std::string appRoot(const EngineState& engine) const;
  bool seesView(const ChannelRequest& request) const;
  ViewRows viewRows() const;
  /// \return whether the secret is another one
  bool applyRules();

  ChannelPlan plan_;
  ChannelEvents& events_;
  std::function<Clock::time_point()> now_;
  bool closed_ = false;
  SecretGate gate_;
  ViewTokens view_tokens_;
  BriefUpgrades brief_;
  SessionSeat seat_;
};

}  // namespace holdfast::proxy
