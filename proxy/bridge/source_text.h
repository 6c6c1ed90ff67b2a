/// \file source_text.h
/// Whether a source file is the one that is deployed. Pure.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::proxy {

/// Small hexadecimal digits.
std::string sha256(std::string_view bytes);

/// Whether `text`, with its own line ends or those of the other system, has that SHA-256: a
/// checkout on Windows changes them, and no line of code moves by that.
bool isSameSource(std::string_view text, std::string_view hash);

}  // namespace holdfast::proxy
