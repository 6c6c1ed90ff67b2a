/// \file signals.h
/// What the host is asked from outside by signals.
#pragma once

#include <functional>
#include <memory>

#include "host/platform/event_loop.h"

namespace holdfast {

enum class HostSignal {
  kStop,    ///< SIGTERM, SIGINT (Ctrl-C)
  kReload,  ///< SIGHUP
};

/// Turns them into calls on the event loop. Created before any other thread, so that all threads
/// leave the signals alone.
class HostSignals {
 public:
  /// \param on_signal  gets a name for the log as well, such as "SIGTERM"
  HostSignals(EventLoop& loop, std::function<void(HostSignal, const char*)> on_signal);
  ~HostSignals();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// While it lives, threads that are started leave all signals to others, for good.
class SignalsBlocked {
 public:
  SignalsBlocked();
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  struct Before;
  std::unique_ptr<Before> before_;
};

/// A peer that closed its end shall be an error code, never the end of the process.
void ignoreBrokenPipes();

}  // namespace holdfast
