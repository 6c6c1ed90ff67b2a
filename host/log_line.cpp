#include "host/log_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/text_character.h"

namespace holdfast::log {

namespace {

/// What is in front of each line of a detail.
constexpr std::string_view kDetailMark = "  | ";

void appendHex(std::string& out, unsigned char octet) {
  constexpr char kHex[] = "0123456789abcdef";
  out += kHex[octet >> 4];
  out += kHex[octet & 15];
}

std::string timeText(Event::Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[40];
  const int length = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

/// Takes the next line off `text`, without the mark of a detail.
std::string_view takeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.substr(0, kDetailMark.size()) == kDetailMark) line.remove_prefix(kDetailMark.size());
  return line;
}

/// Without quotation marks (RFC 8259, section 7).
void appendJsonText(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const TextCharacter first = firstCharacter(text);
    const char c = text.front();
    if (first.code < 0) {
      out += '\\';
      appendEscaped(out, text.substr(0, 1));
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (steers(first.code)) {
      out += "\\u";
      appendHex(out, static_cast<unsigned char>(first.code >> 8));
      appendHex(out, static_cast<unsigned char>(first.code & 0xff));
    } else {
      out += text.substr(0, first.bytes);
    }
    text.remove_prefix(first.bytes);
  }
}

void appendMember(std::string& out, const char* name, std::string_view text) {
  out.append(",\"").append(name).append("\":\"");
  appendJsonText(out, text);
  out += '"';
}

struct MemberWriter {
  std::string& out;
  const char* name;

  void operator()(const std::string& text) const { appendMember(out, name, text); }
  void operator()(std::int64_t number) const { plain(std::to_string(number)); }
  void operator()(bool yes) const { plain(yes ? "true" : "false"); }
  void operator()(double number) const {
    if (!std::isfinite(number)) return plain("null");  // JSON has no other word for it
    char digits[32];
    plain({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
  }
  void plain(std::string_view value) const {
    out.append(",\"").append(name).append("\":").append(value);
  }
};

std::string_view paddedName(std::string_view level) {
  if (level == "debug") return "DEBUG ";
  if (level == "info") return "INFO  ";
  if (level == "warning") return "WARN  ";
  if (level == "trace") return "TRACE ";
  return "ERROR ";
}

}  // namespace

void appendPrintable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const TextCharacter first = firstCharacter(text);
    const std::string_view character = text.substr(0, first.bytes);
    if (steers(first.code) && first.code != '\t') {
      appendEscaped(out, character);
    } else {
      out += character;
    }
    text.remove_prefix(first.bytes);
  }
}

std::string textLine(const Event& event) {
  std::string line = timeText(event.time);
  line.reserve(line.size() + event.text.size() + 16);
  line.append(" ").append(paddedName(event.level));
  std::string_view text = event.text;
  appendPrintable(line, text.substr(0, text.find('\n')));
  takeLine(text);
  while (!text.empty()) {
    line.append("\n").append(kDetailMark);
    appendPrintable(line, takeLine(text));
  }
  return line += '\n';
}

std::string jsonLine(const Event& event) {
  std::string line = "{\"time\":\"" + timeText(event.time) + '"';
  line.reserve(line.size() + event.text.size() + 128);
  appendMember(line, "level", event.level);
  std::string_view text = event.text;
  appendMember(line, "message", text.substr(0, text.find('\n')));
  takeLine(text);
  if (!text.empty()) {
    std::string detail(takeLine(text));
    while (!text.empty()) detail.append("\n").append(takeLine(text));
    appendMember(line, "detail", detail);
  }
  if (event.fields != nullptr) {
    for (const Field& field : *event.fields) {
      std::visit(MemberWriter{line, field.name}, field.value);
    }
  }
  return line += "}\n";
}

}  // namespace holdfast::log
