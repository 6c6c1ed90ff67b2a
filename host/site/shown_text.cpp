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
  std::string out;
  while (!text.empty()) {
    const auto found = std::find_if(hidden_.begin(), hidden_.end(), [&](const Hidden& hidden) {
      return text.starts_with(hidden.value.reveal());
    });
    const bool none = found == hidden_.end();
    out += none ? std::string(1, text.front()) : found->shown;
    text.remove_prefix(none ? 1 : found->value.reveal().size());
  }
  return out;
}

}  // namespace holdfast
