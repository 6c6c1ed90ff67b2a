#include "proxy/page/html_text.h"

#include "config/printable.h"
#include "proxy/web_socket/utf8.h"

namespace holdfast::proxy {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// Empty: the character stays as it is.
std::string_view standIn(char c, bool is_utf8) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
    case '\t':
      return {};
    default: {
      const bool foreign = static_cast<unsigned char>(c) >= 0x80 && !is_utf8;
      return isControl(c) || foreign ? kReplacement : std::string_view();
    }
  }
}

}  // namespace

std::string htmlText(std::string_view text) {
  const bool is_utf8 = isUtf8(text);
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const std::string_view other = standIn(c, is_utf8);
    if (other.empty()) {
      out += c;
    } else {
      out += other;
    }
  }
  return out;
}

}  // namespace holdfast::proxy
