#include "host/text_character.h"

#include <Poco/UTF8Encoding.h>

namespace holdfast {

TextCharacter firstCharacter(std::string_view text) {
  static const Poco::UTF8Encoding utf8;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (*bytes < 0x80) return {*bytes, 1};
  const int length = *bytes < 0xe0 ? 2 : *bytes < 0xf0 ? 3 : 4;
  if (static_cast<std::size_t>(length) > text.size()) return {};
  if (!Poco::UTF8Encoding::isLegal(bytes, length)) return {};
  return {utf8.queryConvert(bytes, length), static_cast<std::size_t>(length)};
}

bool steers(int code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void appendEscaped(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto octet = static_cast<unsigned char>(c);
    out += "\\x";
    out += kHex[octet >> 4];
    out += kHex[octet & 15];
  }
}

}  // namespace holdfast
