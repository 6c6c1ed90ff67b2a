/// \file hex.h
/// Bytes as hexadecimal digits. Pure.
#pragma once

#include <span>
#include <string>

namespace holdfast::proxy {

inline std::string hexDigits(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0x0F];
  }
  return text;
}

}  // namespace holdfast::proxy
