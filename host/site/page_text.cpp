#include "host/site/page_text.h"

#include "host/text_character.h"

namespace holdfast {

namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

/// What steers, and noncharacters (HTML, "Preprocessing the input stream").
bool isUnfit(int code) {
  return steers(code) || (code >= 0xFDD0 && code < 0xFDF0) || (code & 0xFFFE) == 0xFFFE;
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
  const TextCharacter character = firstCharacter(text);
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
