#include "host/site/shown_text.h"

#include <Poco/UTF8Encoding.h>

#include <algorithm>

namespace holdfast {

namespace {

constexpr std::string_view kCut = "...";

/// Control characters, and what makes a terminal write from right to left.
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

/// \return length of the character that `text` begins with; 0: it is no UTF-8
std::size_t characterLength(const Poco::UTF8Encoding& utf8, std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const int length = utf8.sequenceLength(bytes, 1);
  if (length < 1 || static_cast<std::size_t>(length) > text.size()) return 0;
  return Poco::UTF8Encoding::isLegal(bytes, length) ? static_cast<std::size_t>(length) : 0;
}

}  // namespace

std::string shownText(std::string_view text, std::size_t limit) {
  const Poco::UTF8Encoding utf8;
  std::string out;
  std::size_t whole = 0;  // of out, which leaves room for kCut
  while (!text.empty()) {
    const std::size_t length = characterLength(utf8, text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const auto* bytes = reinterpret_cast<const unsigned char*>(character.data());
    if (length == 0 || steers(utf8.queryConvert(bytes, static_cast<int>(length)))) {
      appendEscaped(out, character);
    } else {
      out += character;
    }
    if (out.size() > limit) return out.substr(0, whole).append(kCut);
    if (out.size() + kCut.size() <= limit) whole = out.size();
    text.remove_prefix(character.size());
  }
  return out;
}

std::string_view pathOf(std::string_view uri) { return uri.substr(0, uri.find('?')); }

Redaction::Redaction(const Settings& settings) {
  for (const EnvironmentVariable& variable : settings.app.environment) {
    add(variable.value, variable.name);
  }
  add(settings.app.telemetry_key.reveal(), "APPINSIGHTS_INSTRUMENTATIONKEY");
  add(settings.debug.secret.reveal(), "WSGI_PTVSD_SECRET");
  // A value may be a part of another one.
  std::stable_sort(hidden_.begin(), hidden_.end(), [](const Hidden& one, const Hidden& other) {
    return one.value.reveal().size() > other.value.reveal().size();
  });
}

void Redaction::add(std::string_view value, const std::string& name) {
  if (value.size() >= kLeastBytes) hidden_.push_back({Secret(value), "${" + name + '}'});
}

std::string Redaction::apply(std::string_view text) const {
  // A value that begins before the limit is still seen whole.
  const std::size_t end = std::min(text.size(), kMaxBytes);
  if (!hidden_.empty()) text = text.substr(0, end + hidden_.front().value.reveal().size());
  std::vector<std::size_t> next(hidden_.size(), 0);  // where each value turns up
  std::string out;
  for (std::size_t at = 0; at < end;) {
    std::size_t first = end;
    const Hidden* found = nullptr;
    for (std::size_t i = 0; i < hidden_.size(); ++i) {
      if (next[i] <= at) next[i] = text.find(hidden_[i].value.reveal(), at);
      if (next[i] >= first) continue;
      first = next[i];
      found = &hidden_[i];
    }
    out += text.substr(at, first - at);
    if (found != nullptr) out += found->shown;
    at = first + (found == nullptr ? 0 : found->value.reveal().size());
  }
  return out;
}

}  // namespace holdfast
