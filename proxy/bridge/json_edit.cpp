#include "proxy/bridge/json_edit.h"

#include <algorithm>

namespace holdfast::proxy {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool isOnOneLine(std::string_view text) { return text.find('\n') == std::string_view::npos; }

}  // namespace

std::string lineEnd(std::string_view text) {
  return text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n";
}

std::string indentUnit(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::size_t end = text.find_first_not_of(" \t", at + 1);
    if (end == std::string_view::npos) break;
    const std::string_view indent = text.substr(at + 1, end - at - 1);
    // The first line with something on it that begins with blanks is one level deep.
    const bool shows = !indent.empty() && text[end] != '\n' && text[end] != '\r';
    if (shows) return std::string(indent[0] == '\t' ? indent.substr(0, 1) : indent);
  }
  return "    ";
}

void JsonEdit::replace(const JsonValue& value, std::string json) {
  changes_.push_back({value.begin, value.end, std::move(json)});
}

void JsonEdit::append(const JsonValue& container, std::string_view item) {
  if (container.members.empty() && container.elements.empty()) {
    return appendToEmpty(container, item);
  }
  const JsonValue& last =
      container.isObject() ? container.members.back().value : container.elements.back();
  const std::size_t last_begin = container.isObject() ? container.members.back().begin : last.begin;
  const std::size_t end = container.trailing_comma ? *container.trailing_comma + 1 : last.end;
  if (!container.trailing_comma) changes_.push_back({last.end, last.end, ","});

  const std::string_view tail = text_.substr(end, container.end - end);
  if (isOnOneLine(tail)) {
    changes_.push_back({end, end, ' ' + indented(item, lineIndent(end))});
    return;
  }
  const std::string_view indent = lineIndent(last_begin);
  const std::size_t at = endOfItemLine(end);
  std::string text = lineEnd(text_) + std::string(indent) + indented(item, indent);
  if (container.trailing_comma) text += ',';
  changes_.push_back({at, at, std::move(text)});
}

void JsonEdit::appendToEmpty(const JsonValue& container, std::string_view item) {
  const std::size_t at = container.begin + 1;
  if (isOnOneLine(text_)) {
    changes_.push_back({at, at, std::string(item)});
    return;
  }
  const std::string outer(lineIndent(container.begin));
  const std::string inner = outer + indentUnit(text_);
  std::string text = lineEnd(text_) + inner + indented(item, inner);
  if (isOnOneLine(text_.substr(at, container.end - at))) text += lineEnd(text_) + outer;
  changes_.push_back({at, at, std::move(text)});
}

/// Behind the comments that stand on the item's line, because they mean the item.
std::size_t JsonEdit::endOfItemLine(std::size_t at) const {
  while (true) {
    at = std::min(text_.size(), text_.find_first_not_of(" \t", at));
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("/*")) {
      const std::size_t length = rest.find("*/", 2) + 2;
      at += length;
      if (!isOnOneLine(rest.substr(0, length))) return at;
      continue;
    }
    if (rest.starts_with("//")) at = std::min(text_.size(), text_.find('\n', at));
    while (at > 0 && kBlanks.find(text_[at - 1]) != std::string_view::npos) --at;
    return at;
  }
}

std::string_view JsonEdit::lineIndent(std::size_t at) const {
  const std::size_t before = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = std::min(text_.size(), text_.find_first_not_of(" \t", begin));
  return text_.substr(begin, end - begin);
}

std::string JsonEdit::indented(std::string_view item, std::string_view indent) const {
  std::string result;
  for (const char c : item) {
    if (c == '\n') {
      result += lineEnd(text_);
      result += indent;
    } else {
      result += c;
    }
  }
  return result;
}

std::string JsonEdit::result() const {
  std::vector<Change> changes = changes_;
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.begin < b.begin; });
  std::string result;
  std::size_t at = 0;
  for (const Change& change : changes) {
    result += text_.substr(at, change.begin - at);
    result += change.text;
    at = change.end;
  }
  result += text_.substr(at);
  return result;
}

}  // namespace holdfast::proxy
