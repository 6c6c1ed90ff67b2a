#include "proxy/tap/json_walker.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <charconv>

#include "config/printable.h"
#include "proxy/web_socket/utf8.h"

namespace holdfast::proxy {

namespace {

/// Bytes, as it is written; a longer one is no name of anything.
constexpr std::size_t kMaxWritten = std::size_t{16} << 10;

bool isOfWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
         c == 'E';
}

/// Empty where it is malformed.
std::string decoded(std::string_view written) {
  if (written.size() > kMaxWritten || !isUtf8(written)) return {};
  if (written.find('\\') == std::string_view::npos) return std::string(written);
  try {
    Poco::JSON::Parser parser;
    const auto list = parser.parse("[\"" + std::string(written) + "\"]");
    return list.extract<Poco::JSON::Array::Ptr>()->getElement<std::string>(0);
  } catch (const Poco::Exception&) {
    return {};
  }
}

}  // namespace

bool JsonWalker::take(char expected) {
  skipSpace();
  if (at_ >= text_.size() || text_[at_] != expected) return false;
  ++at_;
  return true;
}

std::optional<std::string_view> JsonWalker::takeString() {
  if (!take('"')) return {};
  const std::size_t begin = at_;
  // Long texts are passed over at the speed of memory.
  while ((at_ = text_.find('"', at_)) != std::string_view::npos) {
    std::size_t backslashes = 0;
    while (at_ - backslashes > begin && text_[at_ - backslashes - 1] == '\\') ++backslashes;
    const std::size_t end = at_++;
    if (backslashes % 2 == 0) return text_.substr(begin, end - begin);
  }
  at_ = text_.size();
  return {};
}

std::string_view JsonWalker::takeWord() {
  skipSpace();
  const std::size_t begin = at_;
  while (at_ < text_.size() && isOfWord(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

bool JsonWalker::skipValue() {
  skipSpace();
  if (at_ >= text_.size()) return false;
  if (text_[at_] == '"') return takeString().has_value();
  if (text_[at_] == '{' || text_[at_] == '[') return skipNested();
  return !takeWord().empty();
}

bool JsonWalker::takeInteger(std::optional<std::int64_t>& number) {
  const std::string_view word = takeWord();
  if (word.empty()) return skipValue();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc() && end == word.data() + word.size()) number = value;
  return true;
}

bool JsonWalker::takeText(std::string& text, std::size_t max_bytes) {
  skipSpace();
  if (at_ >= text_.size() || text_[at_] != '"') return skipValue();
  const auto written = takeString();
  if (!written) return false;
  const std::string whole = decoded(*written);
  text = printable(cutUtf8(whole, max_bytes));
  return true;
}

void JsonWalker::skipSpace() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
    ++at_;
  }
}

bool JsonWalker::skipNested() {
  std::size_t depth = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      if (!takeString()) return false;
      continue;
    }
    ++at_;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return true;
  }
  return false;
}

}  // namespace holdfast::proxy
