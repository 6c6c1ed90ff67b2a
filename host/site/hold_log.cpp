#include "host/site/hold_log.h"

#include "host/log.h"
#include "proxy/gate/audit.h"

namespace holdfast {

HoldLog::HoldLog(EventLoop& loop, std::function<std::string()> by, std::function<void()> on_held,
                 Times times)
    : loop_(loop), times_(times), by_(std::move(by)), on_held_(std::move(on_held)) {}

void HoldLog::onHold(const std::optional<proxy::Hold>& hold) {
  const bool was_held = std::exchange(held_, hold.has_value());
  if (!hold) {
    if (!was_held) return;
    resumed_ = EventLoop::Clock::now();
    timer_ = loop_.after(times_.resume, [this] { sayResumed(); });
    return;
  }
  if (!hold_) {
    since_ = hold->since;
    held_by_ = by_();
  }
  hold_ = hold;
  if (!was_held) timer_.cancel();
  if (said_) {
    timer_ = loop_.after(times_.stay, [this] { sayWhere(); });
    return;
  }
  const bool placed = !hold->file.empty() || hold->kind == proxy::Hold::Kind::kUnknown;
  if (placed) return sayHeld();
  if (!timer_) timer_ = loop_.after(times_.place, [this] { sayHeld(); });
}

void HoldLog::onReleased() {
  if (!hold_) return;
  if (std::exchange(held_, false)) resumed_ = EventLoop::Clock::now();
  sayResumed();
}

void HoldLog::sayHeld() {
  timer_.cancel();
  if (!held_ || std::exchange(said_, true)) return;
  sayWhere();
}

void HoldLog::sayWhere() {
  timer_.cancel();
  std::string where = hold_->file + ':' + std::to_string(hold_->line);
  if (std::exchange(said_where_, where) != where) log::info(words());
  on_held_();
}

void HoldLog::sayResumed() {
  timer_.cancel();
  const std::string time = proxy::inWords(resumed_ - since_);
  log::info(said_ ? "resumed after " + time : words() + ", and resumed after " + time);
  hold_.reset();
  said_ = false;
  said_where_.clear();
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
