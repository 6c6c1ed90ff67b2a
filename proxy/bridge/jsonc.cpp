#include "proxy/bridge/jsonc.h"

#include <algorithm>

#include "config/printable.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxDepth = 100;

void appendUtf8(std::string& out, char32_t c) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12), tail(6), tail(0);
  }
}

/// \return the four hexadecimal digits at `at`, or nothing
std::optional<char32_t> hex4(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) return std::nullopt;
  char32_t value = 0;
  for (const char c : text.substr(at, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<char32_t>(digit);
  }
  return value;
}

bool isHighSurrogate(char32_t c) { return c >= 0xD800 && c < 0xDC00; }
bool isLowSurrogate(char32_t c) { return c >= 0xDC00 && c < 0xE000; }

/// \param[in,out] at  of the u; then behind what it read
void appendEscapedUnit(std::string& out, std::string_view text, std::size_t& at) {
  char32_t c = hex4(text, at + 1).value_or(0xFFFD);
  at += 5;
  if (isHighSurrogate(c) && text.substr(at).starts_with("\\u")) {
    const char32_t low = hex4(text, at + 2).value_or(0);
    if (isLowSurrogate(low)) {
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      at += 6;
    }
  }
  const bool lonely = isHighSurrogate(c) || isLowSurrogate(c);
  appendUtf8(out, lonely ? 0xFFFD : c);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  std::optional<JsonValue> parse(std::string& problem) {
    JsonValue value;
    bool good = readValue(value, 0) && skipBlank();
    if (good && at_ < text_.size()) good = fail("the end");
    if (good) return value;
    problem = problem_;
    return std::nullopt;
  }

 private:
  bool readValue(JsonValue& value, std::size_t depth) {
    if (!skipBlank()) return false;
    if (depth > kMaxDepth) return fail("a value that is nested less deeply");
    value.begin = at_;
    bool good = false;
    switch (peek()) {
      case '{':
        value.kind = JsonValue::Kind::kObject;
        good = readItems(value, '}', depth);
        break;
      case '[':
        value.kind = JsonValue::Kind::kArray;
        good = readItems(value, ']', depth);
        break;
      case '"':
        value.kind = JsonValue::Kind::kString;
        good = skipString();
        break;
      default:
        good = skipWord();
    }
    value.end = at_;
    return good;
  }

  /// Of an object or an array, from its bracket to the other.
  bool readItems(JsonValue& value, char close, std::size_t depth) {
    ++at_;
    for (bool first = true;; first = false) {
      if (!skipBlank()) return false;
      if (!first && peek() != close) {
        if (peek() != ',') return fail(std::string("a comma or ") + close);
        value.trailing_comma = at_++;
        if (!skipBlank()) return false;
      }
      if (peek() == close) {
        ++at_;
        return true;
      }
      value.trailing_comma.reset();
      if (value.isArray() ? !readValue(value.elements.emplace_back(), depth + 1)
                          : !readMember(value.members.emplace_back(), depth + 1)) {
        return false;
      }
    }
  }

  bool readMember(JsonMember& member, std::size_t depth) {
    JsonValue name;
    name.kind = JsonValue::Kind::kString;
    name.begin = member.begin = at_;
    if (peek() != '"') return fail("a name in quotation marks");
    if (!skipString()) return false;
    name.end = at_;
    member.name = jsonString(text_, name);
    if (!skipBlank()) return false;
    if (peek() != ':') return fail("a colon");
    ++at_;
    return readValue(member.value, depth);
  }

  bool skipString() {
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (isControl(c) && c != '\x7F') break;
      if (c == '\\') ++at_;
    }
    at_ = std::min(at_, text_.size());
    return fail("the quotation mark that ends a text");
  }

  bool skipWord() {
    const std::size_t end =
        std::min(text_.size(), text_.find_first_not_of("+-.0123456789"
                                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                       "abcdefghijklmnopqrstuvwxyz",
                                                       at_));
    const std::string_view word = text_.substr(at_, end - at_);
    const bool number = !word.empty() && (word[0] == '-' || (word[0] >= '0' && word[0] <= '9'));
    if (!number && word != "true" && word != "false" && word != "null") return fail("a value");
    at_ = end;
    return true;
  }

  /// Also comments. \return false if one does not end
  bool skipBlank() {
    while (true) {
      at_ = std::min(text_.size(), text_.find_first_not_of(" \t\r\n", at_));
      const std::string_view rest = text_.substr(at_);
      std::size_t end = 0;
      if (rest.starts_with("//")) {
        end = rest.find('\n');
        if (end == std::string_view::npos) end = rest.size();
      } else if (rest.starts_with("/*")) {
        end = rest.find("*/", 2);
        if (end == std::string_view::npos) return fail("the end of this comment");
        end += 2;
      } else {
        return true;
      }
      at_ += end;
    }
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool fail(const std::string& expected) {
    const auto lines = std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n');
    problem_ = "line " + std::to_string(lines + 1) + ": " + expected + " is expected";
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  const auto found = std::find_if(members.rbegin(), members.rend(),
                                  [name](const JsonMember& m) { return m.name == name; });
  return found == members.rend() ? nullptr : &found->value;
}

std::optional<JsonValue> parseJsonc(std::string_view text, std::string& problem) {
  return Parser(text).parse(problem);
}

std::string jsonString(std::string_view text, const JsonValue& value) {
  if (!value.isString()) return {};
  text = text.substr(value.begin + 1, value.end - value.begin - 2);
  static constexpr std::string_view kShort = "bfnrt";
  static constexpr std::string_view kMeant = "\b\f\n\r\t";
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      result += text[at++];
    } else if (text[++at] == 'u') {
      appendEscapedUnit(result, text, at);
    } else {
      const std::size_t which = kShort.find(text[at]);
      result += which == std::string_view::npos ? text[at] : kMeant[which];
      ++at;
    }
  }
  return result;
}

std::string jsonString(std::string_view text, const JsonValue& object, std::string_view name) {
  const JsonValue* const value = object.find(name);
  return value == nullptr ? std::string() : jsonString(text, *value);
}

std::string quotedJson(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (isControl(c)) {
      const auto byte = static_cast<unsigned char>(c);
      result += "\\u00";
      result += {kHex[byte >> 4], kHex[byte & 0x0F]};
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace holdfast::proxy
