#include "host/site/shown_text.h"

#include <algorithm>

#include "host/text_character.h"

namespace holdfast {

namespace {

constexpr std::string_view kCut = "...";

}  // namespace

std::string shownText(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t whole = 0;  // of out, which leaves room for kCut
  while (!text.empty()) {
    const TextCharacter first = firstCharacter(text);
    const std::string_view character = text.substr(0, first.bytes);
    if (steers(first.code)) {
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
