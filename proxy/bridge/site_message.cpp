#include "proxy/bridge/site_message.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "config/letter_case.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxDepth = 1000;
/// Of debugpy; of ptvsd 4; of ptvsd 3 and early 4. Those who hear them start a session by what the
/// event says, of any type and with any program.
constexpr std::string_view kLaunchEvents[] = {"debugpyAttach", "ptvsd_attach", "ptvsd_subprocess"};

bool isBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Also of NaN and Infinity, which Python writes.
bool isOfWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '+' || c == '.';
}

/// Walks over the members of the message. Whatever not every reader of JSON takes in the same way,
/// comments for instance, ends the walk.
class MemberWalk {
 public:
  explicit MemberWalk(std::string_view text) : text_(text) {}

  /// \return false if the text is no object with members that are clear, or has one of these twice
  bool run() {
    if (!take('{')) return false;
    do {
      const auto name = takeString();
      if (!name || name->find('\\') != std::string_view::npos || !take(':')) return false;
      if (!takeValue(*name)) return false;
    } while (take(','));
    if (!take('}')) return false;
    skipBlanks();
    return at_ == text_.size();
  }

  /// Empty if there is none.
  std::string_view type() const { return type_.text; }
  std::string_view event() const { return event_.text; }
  bool hasEvent() const { return event_.is_there; }

 private:
  struct Found {
    std::string_view text;
    bool is_there = false;
  };

  bool takeValue(std::string_view name) {
    // Some readers are lax about case.
    if (equalsIgnoringCase(name, "type")) return takePlainString(type_);
    if (equalsIgnoringCase(name, "event")) return takePlainString(event_);
    return skipValue();
  }

  bool takePlainString(Found& found) {
    if (found.is_there) return false;
    const auto text = takeString();
    if (!text || text->find('\\') != std::string_view::npos) return false;
    found = {*text, true};
    return true;
  }

  void skipBlanks() {
    while (at_ < text_.size() && isBlank(text_[at_])) ++at_;
  }

  bool take(char expected) {
    skipBlanks();
    if (at_ == text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  /// \return what stands between the quotation marks, escapes as they are
  std::optional<std::string_view> takeString() {
    if (!take('"')) return std::nullopt;
    const std::size_t begin = at_;
    while (true) {
      at_ = text_.find_first_of("\"\\", at_);
      if (at_ == std::string_view::npos) return at_ = text_.size(), std::nullopt;
      if (text_[at_] == '"') return text_.substr(begin, at_++ - begin);
      at_ = std::min(at_ + 2, text_.size());
    }
  }

  bool skipWord() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && isOfWord(text_[at_])) ++at_;
    return at_ > begin;
  }

  /// Commas and colons inside are not looked at: nothing in there can end before its bracket does.
  bool skipValue() {
    std::string open;
    do {
      skipBlanks();
      if (at_ == text_.size()) return false;
      const char c = text_[at_];
      if (c == '"') {
        if (!takeString()) return false;
      } else if (c == '{' || c == '[') {
        if (open.size() == kMaxDepth) return false;
        open += c == '{' ? '}' : ']';
        ++at_;
      } else if (!open.empty() && c == open.back()) {
        open.pop_back();
        ++at_;
      } else if (!open.empty() && (c == ',' || c == ':')) {
        ++at_;
      } else if (!skipWord()) {
        return false;
      }
    } while (!open.empty());
    return true;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  Found type_;
  Found event_;
};

}  // namespace

SiteMessageKind kindOfSiteMessage(std::string_view content) {
  MemberWalk walk(content);
  if (!walk.run()) return SiteMessageKind::kUnclear;
  if (walk.type() == "request") return SiteMessageKind::kRequest;
  if (walk.type() == "response") return SiteMessageKind::kHarmless;
  if (walk.type() != "event" || !walk.hasEvent()) return SiteMessageKind::kUnclear;
  const bool launches = std::ranges::any_of(
      kLaunchEvents, [&](std::string_view name) { return equalsIgnoringCase(walk.event(), name); });
  return launches ? SiteMessageKind::kLaunch : SiteMessageKind::kHarmless;
}

}  // namespace holdfast::proxy
