/// \file signals.h
/// The requests to stop that come from outside: SIGTERM, SIGINT (Ctrl-C).
#pragma once

#include <functional>
#include <memory>

#include "host/platform/event_loop.h"

namespace holdfast {

/// Turns them into calls on the event loop. Created before any other thread, so
/// that all threads leave the signals alone.
class StopSignals {
 public:
  /// \param on_signal  gets a name for the log, such as "SIGTERM"
  StopSignals(EventLoop& loop, std::function<void(const char*)> on_signal);
  ~StopSignals();

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
