#include "proxy/session/hold_watch.h"

#include <chrono>
#include <utility>

namespace holdfast::proxy {

namespace {

SessionTap::Time now() { return std::chrono::steady_clock::now(); }

}  // namespace

void HoldWatch::onClientMessage(std::string_view content) { tell(tap_.onClient(content, now())); }

void HoldWatch::onEngineMessage(std::string_view content) { tell(tap_.onEngine(content, now())); }

void HoldWatch::onBlind() { tell(tap_.onBlind(now())); }

std::optional<HoldNews> HoldWatch::take() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(told_, false)) return {};
  return news_;
}

void HoldWatch::tell(bool changed) {
  if (!changed) return;
  {
    const std::lock_guard lock(mutex_);
    news_ = tap_.news();
    if (std::exchange(told_, true)) return;
  }
  on_change_();
}

}  // namespace holdfast::proxy
