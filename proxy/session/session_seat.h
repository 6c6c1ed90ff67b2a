/// \file session_seat.h
/// The place for one debugger: who has it, and who has it next.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/channel_events.h"
#include "proxy/session/hold_watch.h"
#include "proxy/session/session.h"
#include "proxy/web_socket/brief_upgrades.h"
#include "proxy/web_socket/web_socket_handshake.h"

namespace holdfast::proxy {

/// A debugger that has proven the secret, before anything is sent to it.
struct Candidate {
  Poco::Net::StreamSocket socket;
  HeaderFields headers;   ///< of the answer 101, without those about the engine
  std::string leftover;   ///< what it has sent behind its request
  std::string client;     ///< its address
  bool takeover = false;  ///< ends the session of another
};

/// The debugger that is attached.
struct SessionView {
  std::string client;                           ///< its address
  std::chrono::steady_clock::time_point since;  ///< of the attach
  std::string name;                             ///< `Visual Studio Code`; empty: not known yet
};

/// Belongs to the loop's thread. A debugger that takes the place over waits until the engine has
/// let go of the one before: two at once break every engine.
class SessionSeat {
 public:
  using Clock = std::chrono::steady_clock;
  using Post = std::function<void(std::function<void()>)>;
  /// What of the site the bridge is told with the answer 101.
  using SiteHeaders = std::function<HeaderFields(const EngineState&)>;

  /// \param events, refusals  are referred to
  SessionSeat(ChannelEvents& events, BriefUpgrades& refusals, Post post,
              std::function<Clock::time_point()> now, SiteHeaders site_headers);
  /// Waits for the sessions: as long as SessionLimits::goodbye and ::close say.
  ~SessionSeat();

  bool isTaken() const { return session_ != nullptr; }
  /// By one that is attached to the engine at that port, and not about to leave.
  bool isTakenAt(std::uint16_t port) const { return session_ && port_ == port && !isBeingLeft(); }
  /// Whether one that comes now attaches at once, or as soon as the one that is there has left.
  bool isFreeFor(bool takeover) const;
  /// Somebody has the place, and is about to lose it.
  bool isBeingLeft() const;
  std::string_view mark() const { return mark_; }
  std::optional<SessionView> view() const;

  /// Why a debugger cannot have the place now: at most 123 bytes.
  std::string busyReason() const;

  /// Attaches the debugger, now or after the one that is sent away for it.
  void take(Candidate candidate);
  /// Tells a debugger that it cannot attach now.
  void refuse(Candidate candidate, std::string_view reason,
              CloseCode code = CloseCode::kTryAgainLater);
  /// Sends away the debugger that is there; one that waits for its place gets it.
  void end(CloseCode code, const std::string& reason, bool restart);
  /// Sends both away.
  void evict(CloseCode code, const std::string& reason);
  void engineGone(std::uint16_t port);
  /// Calls ChannelEvents::onHold() now, if that is about to be called.
  void hurryHold() { onHold(number_); }

 private:
  void start(Candidate candidate);
  struct Leaving {
    std::uint64_t number;
    std::unique_ptr<HoldWatch> watch;
    std::unique_ptr<Session> session;
  };
  void onHold(std::uint64_t number);
  void onEnd(std::uint64_t number, const SessionEnd& end);
  void onOver(std::uint64_t number);
  /// How long the engine is to be left alone.
  std::chrono::milliseconds rest() const;
  void startNext(bool engine_released);
  void auditEnd(const SessionEnd& end);

  ChannelEvents& events_;
  BriefUpgrades& refusals_;
  Post post_;
  std::function<Clock::time_point()> now_;
  SiteHeaders site_headers_;
  /// Functions that were posted may outlive this object: they hold this weakly.
  std::shared_ptr<SessionSeat*> self_ = std::make_shared<SessionSeat*>(this);

  std::uint64_t number_ = 0;  ///< of the session, from 1
  std::string client_;
  std::string mark_;  ///< empty while there is no session
  Clock::time_point since_;
  std::uint16_t port_ = 0;
  bool being_left_ = false;  ///< it was sent away
  std::optional<Candidate> next_;
  std::optional<Clock::time_point> released_;  ///< when the last session left the engine
  // Their threads use what stands above.
  std::unique_ptr<HoldWatch> watch_;  ///< of session_
  std::unique_ptr<Session> session_;
  std::vector<Leaving> leaving_;  ///< off the engine, but their clients are still being told
};

}  // namespace holdfast::proxy
