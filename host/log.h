/// \file log.h
/// What the host has to say to whoever runs it: one line for each event.
/// From any thread. A log that cannot be written fails nothing.
#pragma once

#include <string>
#include <string_view>

#include "config/settings.h"
#include "host/log_line.h"

namespace holdfast::log {

/// Lines from now on as the settings say. Again, with others, at any time, but from one thread.
/// Where the file cannot be written, standard error has the lines.
void open(const Settings::Log& settings);
/// Gives the last lines a moment to be written; what is said later is lost.
void close();

/// The least that is logged from now on.
void setLevel(LogLevel level);
/// Whether a line of that level would be written: for what costs something to be put into words.
bool isEnabled(LogLevel level);
/// The file is opened anew before the next line: it has been renamed, or its folder made again.
void reopen();
/// Why the log's file does not have the last line, in words; empty: it has. For the thread of
/// open().
std::string trouble();

void debug(const std::string& text);
void info(const std::string& text);
void warning(const std::string& text);
void error(const std::string& text);

/// A line that programs read as well.
/// \param text  has all that a person needs: the text format shows nothing else
/// \param fields  members of the JSON object, in their order. Not `time`, `level`, `message` and
///   `detail`. Texts as they came, whatever their bytes are. Never a secret.
void event(LogLevel level, const std::string& text, const Fields& fields);

/// A line of trace.h, whatever the level is.
void trace(const char* topic, const std::string& text);

/// Text from outside (an app, a peer) made fit for a line of the log: control
/// characters are written as \xNN, line breaks kept only as `\n  | `.
std::string printable(std::string_view text);
std::string indented(std::string_view text);

}  // namespace holdfast::log
