/// \file percent_decoding.h
/// Percent-encoding of URLs (RFC 3986, section 2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// \return 0 to 15, or -1 if it is no hexadecimal digit
constexpr int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The bytes that `text` stands for. \return nothing if it is malformed
std::optional<std::string> percentDecoded(std::string_view text);

}  // namespace holdfast
