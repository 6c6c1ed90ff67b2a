#include "host/site/page_text.h"

#include <Poco/UTF8Encoding.h>

#include <algorithm>

namespace holdfast {

namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

/// One character at the front of the text.
struct Character {
  int code = -1;  ///< -1: none, but a byte that does not belong here
  std::size_t bytes = 1;
};

Character firstCharacter(std::string_view text) {
  static const Poco::UTF8Encoding utf8;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  int length = 1;
  int code = utf8.queryConvert(bytes, length);
  if (code < -1) {  // so many bytes are needed
    length = -code;
    if (static_cast<std::size_t>(length) > text.size()) return {};
    code = utf8.queryConvert(bytes, length);
  }
  if (code < 0) return {};
  return {code, static_cast<std::size_t>(length)};
}

/// Surrogates, C1 controls and noncharacters (HTML, "Preprocessing the input stream"), and what
/// turns the direction of the text around it.
bool isUnfit(int code) {
  return code < 0 || (code >= 0x80 && code < 0xA0) || (code >= 0xD800 && code < 0xE000) ||
         (code >= 0xFDD0 && code < 0xFDF0) || (code & 0xFFFE) == 0xFFFE ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

/// U+2400 and after are the pictures of the control characters.
void appendControlPicture(std::string& out, char c) {
  const int picture = c == 0x7F ? 0x21 : c;
  out += "\xE2\x90";
  out += static_cast<char>(0x80 + picture);
}

void appendShown(std::string& out, std::string_view& text) {
  const char c = text.front();
  const auto byte = static_cast<unsigned char>(c);
  if (byte < 0x80) {
    text.remove_prefix(1);
    if (c == '\r' && text.starts_with('\n')) return;
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) {
      appendControlPicture(out, c);
    } else {
      out += c;
    }
    return;
  }
  const Character character = firstCharacter(text);
  if (isUnfit(character.code)) {
    out += kReplacement;
  } else {
    out += text.substr(0, character.bytes);
  }
  text.remove_prefix(character.bytes);
}

std::string_view entityFor(char c) {
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
    default:
      return {};
  }
}

}  // namespace

std::string shownText(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) appendShown(out, text);
  return out;
}

std::string shownHtml(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    if (const std::string_view entity = entityFor(text.front()); !entity.empty()) {
      out += entity;
      text.remove_prefix(1);
    } else {
      appendShown(out, text);
    }
  }
  return out;
}

std::string_view frontOf(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  // A character has at most three bytes after its first; what has more is no UTF-8 anyway.
  std::size_t end = bytes;
  while (end > 0 && bytes - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end);
}

}  // namespace holdfast
