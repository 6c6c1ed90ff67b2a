/// \file debug_site.h
/// Debugging of one site: who answers the debug path, the lane, and which requests go to it.
///
///     request ─┬─ for the debug path ──────> proxy::Channel ──> session ────┐
///              ├─ with a token ───────────> HeldRequests: the answer that waits for it
///              ├─ a debugger is attached ──> HeldRequests ──> DebugLane ──> lane <── engine ─┘
///              └─ else: an ordinary worker's
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "host/front/request.h"
#include "host/hold/held_requests.h"
#include "host/platform/event_loop.h"
#include "host/site/channel_exchange.h"
#include "host/site/debug_report.h"
#include "host/site/hold_log.h"
#include "host/worker/debug_lane.h"
#include "proxy/channel.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class DebugSite : private proxy::ChannelEvents, private DebugLane::Listener {
 public:
  /// \param ordinary  takes requests that the lane cannot serve
  /// \param on_known  told once whether a debugger can attach: why not, in words, or nothing
  DebugSite(EventLoop& loop, FailureSink on_failure, RequestSink ordinary,
            std::function<void(const std::string& problem)> on_known);
  ~DebugSite() override;

  /// Before apply().
  /// \param listener  that takes the channel's requests by HTTP, as proxy::ChannelPlan::listener:
  /// as
  ///   it is, not as the settings have it, where the port may be 0
  void setListener(std::string listener) { listener_ = std::move(listener); }

  /// Begins, changes or ends debugging, as the settings say, with a new lane: the code may have
  /// changed.
  void apply(const Settings& settings);

  /// After TrustedHops::apply(). Answers the request if it is the channel's or the lane's. Else it
  /// is an ordinary worker's, and has lost the marks that no app shall see.
  bool take(const std::shared_ptr<Request>& request);

  /// The app is held, or may be, or was a moment ago: whatever would end that waits.
  bool isHeld() const { return lane_ && lane_->isHeld(); }
  /// Where it is held.
  const std::optional<proxy::Hold>& hold() const { return held_.hold; }
  /// \param on_released  called each time that isHeld() has become false
  void onReleased(std::function<void()> on_released) { on_released_ = std::move(on_released); }

  DebugReport report();

  /// Sends the debugger away, so that what is held goes on.
  void letGo();
  /// Of requests that were held and whose clients come, or may come, for them.
  std::size_t expectedAnswers() const { return held_requests_.expected(); }

  /// letGo(); what runs in the lane may finish within `limit`.
  /// \param on_stopped  called once all is gone
  void stop(std::chrono::milliseconds limit, std::function<void()> on_stopped);
  void stopNow();

 private:
  void onAttached(const std::string& client, const std::string& mark) override;
  void onDetached(const proxy::SessionEnd& end) override;
  void onHold(const proxy::HoldNews& news) override;
  proxy::HoldReport holds() override;
  void audit(LogLevel level, const std::string& text) override;
  proxy::EngineState engine() override;
  void onEngineWanted() override;
  proxy::ViewRows view() override;

  void onEngine(const Engine&) override { tellKnown({}); }
  void onEngineGone(std::uint16_t port, bool lives) override;
  void onLaneFailed(const Failure&) override { tellKnown(problem(true)); }
  void onReleased() override {
    if (on_released_) on_released_();
  }

  void tellChannel(const Settings& settings);
  void turnOn(const Settings& settings);
  void turnOff();
  void expire();
  void keepTime();
  void onTick();
  void startLane(const Settings& settings);
  /// What runs in it may finish; it is kept until then.
  void retireLane(std::chrono::milliseconds limit);
  void forget(const DebugLane& lane);
  void tellStopped();
  void tellKnown(const std::string& problem);
  /// What is wrong with the lane's last start, in words; empty: nothing.
  std::string problem(bool with_what_the_app_says) const;
  /// As debug.wait says: there is an engine, but nobody has attached to it.
  bool importWaits() const;
  /// \param marked  to the debugger's order
  bool isForLane(bool marked) const;
  /// Whoever comes to the lane now has to wait for the debugger.
  bool standsStill() const;
  /// The app's answer to one that was held begins, or is whole.
  void onSign(const HeldRequest& request);
  /// Who came before the app stood still, and was not begun.
  void leadWaitingAway();
  void endLongHold();
  std::string debuggerInWords() const;
  void answerChannel(const std::shared_ptr<Request>& request);

  EventLoop& loop_;
  const FailureSink on_failure_;
  const RequestSink ordinary_;
  std::function<void(const std::string& problem)> on_known_;
  Settings::Debug settings_;
  std::string app_root_;
  std::string listener_;
  std::chrono::milliseconds stop_timeout_{0};
  bool on_ = false;                          ///< there is a secret
  std::unique_ptr<proxy::Channel> channel_;  ///< null: has never been on
  std::unique_ptr<DebugLane> lane_;          ///< null: off, or expired
  std::list<std::unique_ptr<DebugLane>> leaving_;
  DebugLane* attached_ = nullptr;  ///< that a debugger is attached to, also when it is leaving
  std::list<std::unique_ptr<ChannelExchange>> exchanges_;
  EventLoop::Clock::time_point since_;  ///< its secret is there
  bool expired_ = false;
  Timer expiry_;
  Timer tick_;
  proxy::HoldNews held_;
  EventLoop::Clock::time_point moves_;  ///< since then, where it does
  bool goes_on_ = false;                ///< known before the engine says it, or by a step's end
  bool hears_ = false;                  ///< is in onHold()
  HeldRequests held_requests_;
  HoldLog hold_log_;
  Timer max_hold_;
  std::function<void()> on_released_;
  bool at_once_ = false;  ///< what ends waits for nobody
  std::function<void()> on_stopped_;
};

}  // namespace holdfast
