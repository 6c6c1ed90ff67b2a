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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/secret.h"
#include "config/settings.h"
#include "proxy/channel_request.h"
#include "proxy/engine_state.h"
#include "proxy/session.h"

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

/// The debugger that is attached.
struct SessionView {
  std::string client;                           ///< its address
  std::chrono::steady_clock::time_point since;  ///< of the attach
  std::string name;                             ///< `Visual Studio Code`; empty: not known yet
};

/// What the host does for the channel. All are called on the loop's thread, and may not throw.
class ChannelEvents {
 public:
  virtual ~ChannelEvents() = default;

  /// Requests may go to the lane now.
  /// \param mark  as Channel::mark()
  virtual void onAttached(const std::string& client, const std::string& mark) = 0;
  /// Requests go elsewhere from now on. Where `end.engine_released` is false, only a new lane
  /// helps.
  virtual void onDetached(const SessionEnd& end) = 0;
  /// One line for the log; printable, without secrets.
  virtual void audit(LogLevel level, const std::string& text) = 0;
  virtual EngineState engine() = 0;
  /// Rows for the private status view: workers, queue and the like. Any text.
  virtual std::vector<std::pair<std::string, std::string>> view() = 0;
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
  ~Channel();
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

  bool isAttached() const;
  /// What marks a request for the lane while route is `marked`: the value of the cookie
  /// `holdfast-debug` or of the header X-Holdfast-Debug. Empty while nobody is attached.
  std::string_view mark() const;
  std::optional<SessionView> session() const;

  /// The lane died: the debugger is told so.
  /// \param port  of its engine; others are ignored
  void engineGone(std::uint16_t port);

  /// Sends the debugger away; nothing if there is none.
  /// \param reason  at most 123 bytes
  /// \param restart  asks it to attach again (DAP: `terminated {restart}`)
  void endSession(CloseCode code, const std::string& reason, bool restart);

  /// At a reload. Another secret, or none, ends the session with 1008.
  void setPlan(ChannelPlan plan);

  /// What is due by the clock: a debugger is sent away when debugging expires. To be called every
  /// few seconds.
  void tick();

  /// Before the host stops: takes nothing more, and asks the session to end (1001).
  void close();
};

}  // namespace holdfast::proxy
