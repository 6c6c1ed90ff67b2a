/// \file hold.h
/// What is known of the debugged worker's threads from the messages that a session relays. Plain
/// values.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace holdfast::proxy {

/// The engine holds the app: every thread of it that runs Python code stands still. Where there is
/// none, the app runs.
struct Hold {
  enum class Kind {
    kHeld,
    kUnknown,  ///< it may be: the messages cannot be understood, or do not say
  };
  Kind kind = Kind::kHeld;
  std::chrono::steady_clock::time_point since;
  std::string reason;    ///< of the stop: `breakpoint`, `step`, ...; printable, short
  std::string file;      ///< of the innermost frame; printable; empty: not known (yet)
  std::string function;  ///< likewise
  int line = 0;          ///< likewise, from 1
  std::string thread;    ///< name of the one that has stopped: in the lane `GET /path`

  bool operator==(const Hold&) const = default;
};

/// What the debugger has asked for since the last stop.
enum class Motion {
  kNone,
  kGoingOn,   ///< to let all go on, and the engine has not answered yet
  kStepping,  ///< a step: another stop is about to come. Also once the engine has answered
};

/// What is known now.
struct HoldNews {
  std::optional<Hold> hold;
  Motion motion = Motion::kNone;
  std::string stepping;  ///< name of the thread that steps, as Hold::thread; empty: not known

  bool operator==(const HoldNews&) const = default;
};

/// `held`, `unknown` or `running`.
inline const char* stateName(const std::optional<Hold>& hold) {
  if (!hold) return "running";
  return hold->kind == Hold::Kind::kHeld ? "held" : "unknown";
}

}  // namespace holdfast::proxy
