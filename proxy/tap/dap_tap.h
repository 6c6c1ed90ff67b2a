/// \file dap_tap.h
/// Whether a debugger holds the app, from the messages of the Debug Adapter Protocol. Pure: no
/// socket, clock or log.
///
/// `stopped` begins a hold. What a request such as `continue` ends is what had stopped before it
/// was sent: a new `stopped` may come before its answer. `continued` says nothing, as engines name
/// any thread in it. While one thread is held the engine lets no other run, so that
/// `allThreadsStopped` changes nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/path_mapping.h"
#include "proxy/tap/dap_envelope.h"
#include "proxy/tap/hold.h"
#include "proxy/tap/hold_state.h"

namespace holdfast::proxy {

/// One session. Not thread-safe.
class DapTap {
 public:
  using Time = HoldState::Time;

  /// Content of each message, in the order in which they are forwarded, and when. A text that is no
  /// message makes the tap blind.
  /// \return whether news() are others now
  bool onClient(std::string_view content, Time now);
  bool onEngine(std::string_view content, Time now);
  /// What follows cannot be read: nothing is known for the rest of the session.
  bool onBlind(Time now);

  const HoldNews& news() const { return state_.news(); }

 private:
  void onRequest(const Envelope& request, std::string_view content);
  void onEvent(const Envelope& event, std::string_view content);
  void onResponse(const Envelope& response, std::string_view content);
  void onResumed(const HoldState::Asked& asked, std::string_view content);

  HoldState state_;
  /// As the client has asked for: it hears of its own files, and a Hold has the engine's.
  std::vector<PathMapping> mappings_;
};

}  // namespace holdfast::proxy
