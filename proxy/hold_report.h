/// \file hold_report.h
/// What is held at one moment, and how those who wait for it are kept patient. Plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "proxy/tap/hold.h"

namespace holdfast::proxy {

/// A request in the debug lane that is held, or was, or whose answer waits to be fetched.
struct HeldRequestReport {
  std::string id;
  std::string method;  ///< as it came
  std::string path;    ///< as it came, without the query
  std::chrono::milliseconds age{0};
  std::string keeper;     ///< `wait`, `pad`, `hop`, `handoff`, or `none`: nothing more can be done
  std::string front_end;  ///< `nginx`, `lighttpd`, `Apache`, `Caddy`, `IIS`, `holdfast`, or unknown
  /// How long the front end waits for the first byte of an answer; nothing: for ever.
  std::optional<std::chrono::milliseconds> limit;
  /// Of that, until the keeper has to act; nothing: it never has to, or nobody waits just now.
  std::optional<std::chrono::milliseconds> left;
  unsigned hand_offs = 0;     ///< hops and redirects so far
  bool is_waited_for = true;  ///< a client waits for the answer just now
  bool is_answered = false;   ///< by the app: the answer waits to be fetched
};

struct HoldReport {
  std::optional<Hold> hold;                 ///< nothing: the app runs
  std::vector<HeldRequestReport> requests;  ///< oldest first
};

}  // namespace holdfast::proxy
