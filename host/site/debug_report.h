/// \file debug_report.h
/// What there is of debugging at one moment, as plain values for `holdfast status`. Texts from
/// outside are as they came: whoever shows them makes them fit.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "host/worker/pool_report.h"
#include "proxy/hold_report.h"

namespace holdfast {

struct DebugReport {
  enum class State {
    kOff,
    kStarting,  ///< the engine does not listen yet
    kReady,     ///< a debugger may attach, or has
    kFailed,    ///< the engine or the lane does not start
    kExpired,   ///< its time (debug.expires) is over
  };
  struct Session {
    std::string client;                  ///< its address
    std::string name;                    ///< what it calls itself; empty: not known
    std::chrono::milliseconds since{0};  ///< how long it has been there
  };
  State state = State::kOff;
  bool import_waits = false;  ///< of kReady: the app is imported once a debugger attaches
  std::string engine;         ///< "debugpy 1.8.22"; empty: not known
  std::string path;           ///< of the channel
  std::string problem;        ///< of kFailed, in words
  PoolReport lane;
  std::optional<Session> session;
  proxy::HoldReport holds;
  std::chrono::steady_clock::time_point now;  ///< when it was so, of the clock of holds
};

}  // namespace holdfast
