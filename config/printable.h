/// \file printable.h
/// Foreign text made fit for a message. Pure.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// \return `text` with its control characters written as `\x0A`, so that it stays on one line and
///   cannot steer a terminal; other bytes, UTF-8 or not, are kept
std::string printable(std::string_view text);

/// \return `text`, printable, in quotation marks; a long one is cut, which the result shows
std::string inQuotes(std::string_view text);

/// A name that was probably meant as `NAME=value`: the value may be a secret. \return `NAME=...`, or
///   all of a name without an equals sign
std::string beforeEquals(std::string_view name);

/// ASCII control characters. UTF-8 text contains no others below U+0080.
bool isControl(char c);

}  // namespace holdfast
