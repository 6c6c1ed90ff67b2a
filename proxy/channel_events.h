/// \file channel_events.h
/// What the host does for the channel.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "proxy/engine_state.h"
#include "proxy/hold_report.h"
#include "proxy/session/session.h"

namespace holdfast::proxy {

/// Any text, for a page: what, and how it is.
using ViewRows = std::vector<std::pair<std::string, std::string>>;

/// All are called on the loop's thread, and may not throw.
class ChannelEvents {
 public:
  virtual ~ChannelEvents() = default;

  /// Requests may go to the lane now.
  /// \param mark  as Channel::mark()
  virtual void onAttached(const std::string& client, const std::string& mark) = 0;
  /// Requests go elsewhere from now on. Where `end.engine_released` is false, only a new lane
  /// helps.
  virtual void onDetached(const SessionEnd& end) = 0;
  /// The app is held, is about to run again, runs, or more is known of where it stands. Once nobody
  /// is attached it runs, and this is not called for that.
  virtual void onHold(const HoldNews&) {}
  /// What is held, for who has proven the secret: looks only.
  virtual HoldReport holds() { return {}; }
  /// One line for the log; printable, without secrets.
  virtual void audit(LogLevel level, const std::string& text) = 0;
  /// Asked for every page, by anybody: looks only.
  virtual EngineState engine() = 0;
  /// One who has proven the secret wants to attach, but the engine has failed: another attempt is
  /// worth its while.
  virtual void onEngineWanted() {}
  /// Rows for the private status view: workers, queue and the like.
  virtual ViewRows view() = 0;
};

}  // namespace holdfast::proxy
