/// \file channel_answers.h
/// Answers of the channel, with the headers that each kind has. Pure.
#pragma once

#include <string>
#include <string_view>

#include "proxy/channel_request.h"
#include "proxy/gate/secret_gate.h"

namespace holdfast::proxy {

/// What programs read of a refusal.
inline constexpr char kProblemHeader[] = "Holdfast-Problem";

/// Plain text for a person who reads it in the bridge or in a shell.
/// \param problem  one word for programs; empty: none
ChannelAnswer textAnswer(int status, const std::string& text, const std::string& problem = "");
ChannelAnswer jsonAnswer(const std::string& json);
/// A page of renderDocument() with the same script.
ChannelAnswer pageAnswer(int status, std::string html, std::string_view script = {});
ChannelAnswer methodNotAllowed(const std::string& allowed);

/// What a verdict that is no pass is answered with, as text.
ChannelAnswer refusal(const GateVerdict& verdict);
/// Headers that belong to its status: Retry-After, WWW-Authenticate, Holdfast-Problem.
void addRefusalHeaders(const GateVerdict& verdict, HeaderFields& headers);

}  // namespace holdfast::proxy
