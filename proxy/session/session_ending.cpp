#include "proxy/session/session_ending.h"

namespace holdfast::proxy {

namespace {

std::string withError(std::string text, const std::string& error) {
  return error.empty() ? text : text + ": " + error;
}

}  // namespace

SessionEnding endedByClient(const ClientEnd::Farewell& farewell, const SessionLimits& limits) {
  using Kind = ClientEnd::Farewell::Kind;
  switch (farewell.kind) {
    case Kind::kClosed:
      return {SessionCause::kClientClosed, "the client has closed the session", farewell.code, ""};
    case Kind::kLost:
      return {SessionCause::kClientLost,
              withError("the client's connection has ended without a close frame", farewell.text)};
    case Kind::kSilent:
      return {SessionCause::kClientSilent,
              "nothing has come from the client for " + inSeconds(limits.silence)};
    case Kind::kBroke:
      break;
  }
  return {SessionCause::kClientBroke,
          "the client has broken the WebSocket protocol: " + farewell.text, farewell.code,
          farewell.text};
}

SessionEnding clientSpeaksNoDap() {
  return {SessionCause::kClientBroke, "the client speaks no Debug Adapter Protocol",
          CloseCode::kProtocolError, "this is no Debug Adapter Protocol"};
}

SessionEnding clientDoesNotInitialize() {
  return {SessionCause::kClientBroke, "the client's first message is no request `initialize`",
          CloseCode::kProtocolError, "a debug session begins with the request `initialize`"};
}

SessionEnding clientMessageTooLong(const SessionLimits& limits) {
  const std::string words =
      "a message has more than " + std::to_string(limits.max_message) + " bytes";
  return {SessionCause::kClientBroke, "from the client " + words, CloseCode::kTooBig, words};
}

SessionEnding engineUnreachable(const std::string& error) {
  const std::string words = "the debug engine cannot be reached";
  return {SessionCause::kEngineUnreachable, withError(words, error), CloseCode::kInternalError,
          words};
}

SessionEnding engineClosed(bool expected, const std::string& error) {
  if (expected) {
    return {SessionCause::kEngineClosed, "the debug engine has ended the session",
            CloseCode::kNormal, "the debug session is over"};
  }
  const std::string words = "the debug engine has closed the connection";
  return {SessionCause::kEngineClosed, withError(words, error), CloseCode::kInternalError, words};
}

SessionEnding engineDoesNotAnswer(const SessionLimits& limits) {
  return {SessionCause::kEngineUnreachable,
          "the debug engine has not answered the first message in " + inSeconds(limits.answer),
          CloseCode::kInternalError,
          "the debug engine does not answer; a new one is being started"};
}

SessionEnding engineTakesNothing(const SessionLimits& limits) {
  return {SessionCause::kEngineClosed,
          "the debug engine has taken nothing for " + inSeconds(limits.silence),
          CloseCode::kInternalError, "the debug engine takes nothing"};
}

SessionEnding engineDied() {
  return {SessionCause::kEngineClosed, "the process with the debug engine has ended",
          CloseCode::kInternalError, "the debugged process has ended"};
}

SessionEnding endedByHost(CloseCode code, const std::string& reason, bool restart) {
  return {SessionCause::kStopped, "ended by the host: " + reason, code, reason, restart};
}

std::string inSeconds(std::chrono::milliseconds span) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(span).count()) + " s";
}

}  // namespace holdfast::proxy
