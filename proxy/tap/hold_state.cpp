#include "proxy/tap/hold_state.h"

#include <algorithm>
#include <utility>

namespace holdfast::proxy {

namespace {

using Asked = HoldState::Asked;

bool isHandlersStop(const Stop& stop) { return stop.kind == Stop::Kind::kHandlers; }

/// Since the first of them; the last one is where the debugger looks.
Hold holdOf(const std::vector<Stop>& stops) {
  const Stop& last = stops.back();
  Hold hold;
  hold.since = stops.front().since;
  hold.reason = last.reason;
  hold.file = last.place.file;
  hold.function = last.place.function;
  hold.line = last.place.line;
  hold.thread = last.thread_name;
  return hold;
}

}  // namespace

void HoldState::begin(Time now) {
  ++position_;
  now_ = now;
}

void HoldState::add(Stop stop) {
  if (stops_.size() >= kMaxStops) return goBlind(now_);
  stop.position = position_;
  stop.since = now_;
  stops_.push_back(std::move(stop));
  stepping_ = false;
  touched_ = true;
}

void HoldState::ask(Asked asked) {
  const bool is_question = asked.kind == Asked::Kind::kFrames;
  if (is_question && asked_.size() >= kMaxQuestions) return;
  if (asked_.size() >= kMaxAsked) return goBlind(now_);
  asked.position = position_;
  asked_.push_back(asked);
  touched_ = true;
}

std::optional<Asked> HoldState::answered(std::int64_t seq) {
  const auto found = std::find_if(asked_.begin(), asked_.end(),
                                  [&](const Asked& asked) { return asked.seq == seq; });
  if (found == asked_.end()) return {};
  const Asked asked = *found;
  asked_.erase(found);
  touched_ = true;
  return asked;
}

void HoldState::release(const Asked& asked, std::optional<std::int64_t> thread) {
  stepped_ = nameOf(asked.thread);
  const bool handlers = asked.kind == Asked::Kind::kHandlers;
  std::erase_if(stops_, [&](const Stop& stop) {
    return stop.position < asked.position && isHandlersStop(stop) == handlers &&
           (!thread || stop.thread == thread);
  });
  stepping_ = stops_.empty() && asked.is_step;
  touched_ = true;
}

void HoldState::clear() {
  stops_.clear();
  asked_.clear();
  stepping_ = false;
  touched_ = true;
}

void HoldState::goBlind(Time now) {
  if (blind_) return;
  now_ = now;
  blind_ = true;
  clear();
}

std::vector<Stop>& HoldState::changeStops() {
  touched_ = true;
  return stops_;
}

bool HoldState::settle() {
  if (!touched_) return false;
  touched_ = false;
  HoldNews news;
  tellMotion(news);
  if (blind_) {
    news.hold.emplace();
    news.hold->kind = Hold::Kind::kUnknown;
    news.hold->since = now_;
  } else if (!stops_.empty()) {
    news.hold = holdOf(stops_);
  }
  if (news == news_) return false;
  news_ = std::move(news);
  return true;
}

void HoldState::tellMotion(HoldNews& news) const {
  if (stops_.empty()) {
    if (stepping_) {
      news.motion = Motion::kStepping;
      news.stepping = stepped_;
    }
    return;
  }
  const auto resumes = [&](const Asked& asked) {
    return asked.kind == Asked::Kind::kResume && asked.position > stops_.back().position;
  };
  const auto last = std::find_if(asked_.rbegin(), asked_.rend(), resumes);
  if (last == asked_.rend()) return;
  news.motion = last->is_step ? Motion::kStepping : Motion::kGoingOn;
  if (last->is_step) news.stepping = nameOf(last->thread);
}

std::string HoldState::nameOf(const std::optional<std::int64_t>& thread) const {
  const auto found = std::find_if(stops_.rbegin(), stops_.rend(), [&](const Stop& stop) {
    return thread && stop.thread == thread;
  });
  return found == stops_.rend() ? std::string() : found->thread_name;
}

}  // namespace holdfast::proxy
