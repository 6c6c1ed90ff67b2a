/// \file state_report.h
/// What the bridge is told of the site. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "proxy/engine_state.h"
#include "proxy/hold_report.h"
#include "proxy/session/session_seat.h"
#include "proxy/web_socket/web_socket_handshake.h"

namespace holdfast::proxy {

struct StateReport {
  EngineState engine;
  std::optional<SessionView> session;
  std::chrono::steady_clock::time_point now;
  std::string app_root;  ///< absolute
  std::string route;
  std::string version;  ///< of Holdfast
  HoldReport holds;
};

/// `{"engine": {...}, "session": {...} or null, "app_root": ..., "path_style": ..., ...}`, with the
/// keys of setHolds() last.
std::string stateJson(const StateReport& report);

/// Headers of the answer 101: Holdfast-App-Root (percent-encoded), -Engine, -Python, -Path-Style.
HeaderFields siteHeaders(const EngineState& engine, const std::string& app_root);

/// `off`, `starting`, `ready`, `failed`.
const char* nameOf(EngineState::Kind kind);

}  // namespace holdfast::proxy
