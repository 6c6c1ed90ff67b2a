/// \file engine_state.h
/// What the channel knows of the debug engine in the lane.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::proxy {

struct EngineState {
  enum Kind {
    kOff,       ///< there is no lane
    kStarting,  ///< not yet to be attached to
    kReady,     ///< listens
    kFailed,    ///< see `problem`
  };
  Kind kind = kOff;
  bool import_waits = false;       ///< of kReady: the app is imported once a debugger attaches
  std::string name;                ///< `debugpy` or `ptvsd`
  std::string version;             ///< `1.8.22`
  std::string host = "127.0.0.1";  ///< where it listens: numeric, loopback
  std::uint16_t port = 0;
  int pid = 0;           ///< of the lane
  std::string problem;   ///< of kFailed: cause, and the exact command that mends it
  std::string detail;    ///< the same with what the app itself says: for who has the secret
  std::string python;    ///< its version: `3.11.2`
  std::string app_root;  ///< absolute, as the lane's working directory
};

}  // namespace holdfast::proxy
