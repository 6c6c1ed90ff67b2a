/// \file site_client.h
/// What the bridge asks of a site: how it stands, what is deployed, and the debugger's stream.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/bridge/site_connection.h"
#include "proxy/bridge/site_problem.h"
#include "proxy/hold_report.h"

namespace holdfast::proxy {

/// Another debugger that is attached.
struct OtherDebugger {
  std::string client;  ///< its address, printable
  std::string name;    ///< printable; may be empty
  std::chrono::seconds since{0};
};

/// What GET <path>/state says.
struct SiteState {
  std::string engine_state;    ///< `ready`, `starting`, `failed`, `off`
  std::string engine;          ///< `debugpy 1.8.22`, printable
  std::string engine_problem;  ///< printable
  std::string python;          ///< printable
  std::optional<OtherDebugger> other;
  std::string app_root;
  /// Only requests with the session's mark go to the debugger (debug.route: marked).
  bool is_marked = false;
};

/// \return nothing if it is none. Pure.
std::optional<SiteState> parseSiteState(std::string_view json);

/// The same for what it says of holds. \return nothing if it is no document of ours. Pure.
std::optional<HoldReport> parseSiteHolds(std::string_view json,
                                         std::chrono::steady_clock::time_point now);

/// A WebSocket whose handshake is done.
struct SiteStream {
  SiteConnection connection;
  std::string leftover;  ///< bytes that came behind the answer
  std::string app_root;  ///< of the server; empty if it does not say
  std::string mark;      ///< of the session, printable; see SiteState::is_marked
};

/// Each call has a connection of its own, and throws SiteFailure or CalledOff.
class SiteClient {
 public:
  /// \param route  outlives the client
  explicit SiteClient(const SiteRoute& route) : route_(route) {}

  SiteState state(StoppableWait& wait) const;
  /// What is held there. Texts are as they came.
  HoldReport holds(StoppableWait& wait) const;
  /// Throws if WebSockets do not get through to the site; if that cannot be told, it returns.
  void probe(StoppableWait& wait) const;
  /// \param file  from the app root on
  /// \return SHA-256 in small hexadecimal digits; nothing if there is no such file
  std::optional<std::string> sourceHash(const std::string& file, StoppableWait& wait) const;
  SiteStream attach(StoppableWait& wait) const;

 private:
  HttpAnswer get(const std::string& target, StoppableWait& wait) const;
  std::string request(const std::string& target, const HeaderFields& headers) const;
  HeaderFields credentials() const;

  const SiteRoute& route_;
};

}  // namespace holdfast::proxy
