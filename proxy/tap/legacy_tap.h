/// \file legacy_tap.h
/// Whether a debugger holds the app, from the messages of Visual Studio's legacy debugger: version
/// 8, JSON (ptvsd 3.2). Pure.
///
/// Events such as `legacyBreakpointHit` begin a hold, answers to requests such as `legacyResumeAll`
/// end what had stopped before the request. A thread also stands from `legacyRequestHandlers` until
/// `legacySetExceptionHandlerInfo` is answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/tap/dap_envelope.h"
#include "proxy/tap/hold.h"
#include "proxy/tap/hold_state.h"

namespace holdfast::proxy {

/// One session. Not thread-safe.
class LegacyTap {
 public:
  using Time = HoldState::Time;

  /// As DapTap has them.
  bool onClient(std::string_view content, Time now);
  bool onEngine(std::string_view content, Time now);
  bool onBlind(Time now);
  const HoldNews& news() const { return state_.news(); }

 private:
  /// Told before the stop itself, of every thread.
  struct Standing {
    std::int64_t thread = 0;
    std::string name;
    Place place;
  };

  void onRequest(const Envelope& request, std::string_view content);
  void onEvent(const Envelope& event, std::string_view content);
  void onAnswered(const HoldState::Asked& asked);
  void onFrames(std::string_view content);
  void addStop(const char* reason, Stop::Kind kind, std::string_view content);
  std::vector<Standing>::iterator standingOf(std::int64_t thread);
  bool hasLoaded(const HoldState::Asked& asked) const;

  HoldState state_;
  std::vector<Standing> standing_;  ///< bounded
};

}  // namespace holdfast::proxy
