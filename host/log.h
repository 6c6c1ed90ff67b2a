/// \file log.h
/// What the host has to say to whoever runs it: one line for each event.
/// From any thread. A log that cannot be written fails nothing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace holdfast::log {

/// Lines from now on: `2026-11-23T01:35:12.345Z INFO  text`.
/// \param file  is appended to; empty, or where it cannot be written: standard error
void open(LogLevel level, const std::filesystem::path& file = {});
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
