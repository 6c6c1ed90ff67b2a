/// \file utf8.h
/// Whether bytes are UTF-8 (RFC 3629). Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast::proxy {

/// No overlong forms, no surrogates, nothing beyond U+10FFFF.
bool isUtf8(std::string_view text);

/// The longest beginning of at most `max_bytes` bytes that does not end within a character.
std::string_view cutUtf8(std::string_view text, std::size_t max_bytes);

}  // namespace holdfast::proxy
