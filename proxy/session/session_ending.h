/// \file session_ending.h
/// Why sessions end: in words for the log, and for the client. Pure.
#pragma once

#include <chrono>
#include <string>

#include "proxy/session/client_end.h"
#include "proxy/session/session.h"
#include "proxy/web_socket/web_socket_frame.h"

namespace holdfast::proxy {

struct SessionEnding {
  SessionCause cause;
  std::string text;  ///< for the log
  /// What the close frame says, where the client is still there.
  CloseCode code = CloseCode::kNoStatus;
  std::string reason{};
  bool restart = false;  ///< the client is asked to attach anew
};

SessionEnding endedByClient(const ClientEnd::Farewell& farewell, const SessionLimits& limits);
SessionEnding clientSpeaksNoDap();
SessionEnding clientDoesNotInitialize();
SessionEnding clientMessageTooLong(const SessionLimits& limits);
/// \param error  the system's word, if any
SessionEnding engineUnreachable(const std::string& error);
/// \param expected  it had said so, or was asked to
SessionEnding engineClosed(bool expected, const std::string& error);
SessionEnding engineDoesNotAnswer(const SessionLimits& limits);
SessionEnding engineTakesNothing(const SessionLimits& limits);
SessionEnding engineDied();
SessionEnding endedByHost(CloseCode code, const std::string& reason, bool restart);

/// Whole seconds, rounded up: "3 s".
std::string inSeconds(std::chrono::milliseconds span);

}  // namespace holdfast::proxy
