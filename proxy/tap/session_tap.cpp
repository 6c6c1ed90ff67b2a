#include "proxy/tap/session_tap.h"

#include "proxy/tap/dap_envelope.h"

namespace holdfast::proxy {

bool SessionTap::onClient(std::string_view content, Time now) {
  choose(content);
  return std::visit([&](auto& tap) { return tap.onClient(content, now); }, tap_);
}

bool SessionTap::onEngine(std::string_view content, Time now) {
  choose(content);
  return std::visit([&](auto& tap) { return tap.onEngine(content, now); }, tap_);
}

bool SessionTap::onBlind(Time now) {
  chosen_ = true;
  return std::visit([&](auto& tap) { return tap.onBlind(now); }, tap_);
}

const HoldNews& SessionTap::news() const {
  return std::visit([](const auto& tap) -> const HoldNews& { return tap.news(); }, tap_);
}

void SessionTap::choose(std::string_view content) {
  if (chosen_) return;
  chosen_ = true;
  if (readEnvelope(content).name.starts_with("legacy")) tap_.emplace<LegacyTap>();
}

}  // namespace holdfast::proxy
