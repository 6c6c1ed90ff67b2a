#include "proxy/web_socket/utf8.h"

#include <Poco/UTF8Encoding.h>

#include <algorithm>

namespace holdfast::proxy {

namespace {

/// Bytes of the character that this one begins; 0 if it begins none.
std::size_t lengthOfCharacter(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

bool isTail(char octet) { return (static_cast<unsigned char>(octet) & 0xc0) == 0x80; }

}  // namespace

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    const std::size_t length = lengthOfCharacter(bytes[0]);
    if (length == 0 || length > text.size()) return false;
    if (!Poco::UTF8Encoding::isLegal(bytes, static_cast<int>(length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view cutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && isTail(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace holdfast::proxy
