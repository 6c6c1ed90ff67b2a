#include "host/site/hold_log.h"

#include "host/log.h"
#include "proxy/gate/audit.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// For the client to ask where it has stopped.
constexpr auto kPlaceTime = 500ms;
constexpr auto kResumeTime = 1s;

}  // namespace

HoldLog::HoldLog(EventLoop& loop, std::function<std::string()> by, std::function<void()> on_held)
    : loop_(loop), by_(std::move(by)), on_held_(std::move(on_held)) {}

void HoldLog::onHold(const std::optional<proxy::Hold>& hold) {
  const bool was_held = std::exchange(held_, hold.has_value());
  if (!hold) {
    if (!was_held) return;
    resumed_ = EventLoop::Clock::now();
    timer_ = loop_.after(kResumeTime, [this] { sayResumed(); });
    return;
  }
  if (!hold_) {
    since_ = hold->since;
    held_by_ = by_();
  }
  hold_ = hold;
  if (!was_held) timer_.cancel();
  if (said_) return;
  const bool placed = !hold->file.empty() || hold->kind == proxy::Hold::Kind::kUnknown;
  if (placed) return sayHeld();
  if (!timer_) timer_ = loop_.after(kPlaceTime, [this] { sayHeld(); });
}

void HoldLog::onReleased() {
  if (!hold_) return;
  if (std::exchange(held_, false)) resumed_ = EventLoop::Clock::now();
  sayResumed();
}

void HoldLog::sayHeld() {
  timer_.cancel();
  if (!held_ || std::exchange(said_, true)) return;
  log::info(words());
  on_held_();
}

void HoldLog::sayResumed() {
  timer_.cancel();
  if (!said_) log::info(words());
  log::info("resumed after " + proxy::inWords(resumed_ - since_));
  hold_.reset();
  said_ = false;
}

std::string HoldLog::words() const {
  std::string text = "held: ";
  if (hold_->kind == proxy::Hold::Kind::kUnknown) {
    text += "that may be, as what the debugger says cannot be understood";
  } else if (hold_->file.empty()) {
    text += "somewhere";
  } else {
    text += hold_->file + ':' + std::to_string(hold_->line) + " in " + hold_->function;
  }
  if (!hold_->thread.empty()) text += " (" + hold_->thread + ')';
  return text + ", by " + held_by_;
}

}  // namespace holdfast
