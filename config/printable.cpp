#include "config/printable.h"

namespace holdfast {
namespace {

constexpr std::size_t kMaxQuotedBytes = 200;

bool isUtf8Continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

bool isControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

std::string printable(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (!isControl(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += "\\x";
    result += kHex[byte >> 4];
    result += kHex[byte & 0x0F];
  }
  return result;
}

std::string inQuotes(std::string_view text) {
  if (text.size() <= kMaxQuotedBytes) return '"' + printable(text) + '"';
  std::size_t end = kMaxQuotedBytes;
  while (end > 0 && isUtf8Continuation(text[end])) --end;
  return '"' + printable(text.substr(0, end)) + "...\"";
}

std::string beforeEquals(std::string_view name) {
  const std::size_t end = name.find('=');
  if (end == std::string_view::npos) return std::string(name);
  return std::string(name.substr(0, end + 1)) + "...";
}

}  // namespace holdfast
