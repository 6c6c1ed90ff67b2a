/// \file log.h
/// What the host has to say to whoever runs it: one line for each event.
/// From any thread. A log that cannot be written fails nothing.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::log {

enum class Level { kDebug, kInfo, kWarning, kError };

/// Lines to standard error from now on: `2026-11-23T01:35:12.345Z INFO  text`.
void open(Level level);
/// Gives the last lines a moment to be written; what is said later is lost.
void close();

void debug(const std::string& text);
void info(const std::string& text);
void warning(const std::string& text);
void error(const std::string& text);

/// Text from outside (an app, a peer) made fit for a line of the log: control
/// characters are written as \xNN, line breaks kept only as `\n  | `.
std::string printable(std::string_view text);
std::string indented(std::string_view text);

}  // namespace holdfast::log
