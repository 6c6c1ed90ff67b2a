#include "host/site/change_detector.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "config/printable.h"

namespace holdfast {

namespace {
constexpr std::size_t kNamesInLog = 3;
/// Of different names that are told apart; what comes later counts each time.
constexpr std::size_t kMaxSeen = 10'000;
/// Reloads in a row because of the same file that are nothing unusual.
constexpr unsigned kUsualInARow = 5;
constexpr std::chrono::milliseconds kFirstDistance{1000};
}  // namespace

std::string describe(const ReloadReason& reason) {
  const std::size_t others = reason.count - reason.names.size();
  std::string text;
  for (std::size_t i = 0; i < reason.names.size(); ++i) {
    const bool last = i + 1 == reason.names.size() && others == 0;
    if (i > 0) text += last ? " and " : ", ";
    text += printable(reason.names[i]);
  }
  if (others > 0) text += " and " + std::to_string(others) + " more";
  return text + " changed";
}

void ChangeDetector::settingsChanged(TimePoint now, const std::string& name) {
  note(now, name);
  reason_.settings_changed = true;
}

void ChangeDetector::note(TimePoint now, const std::string& name) {
  if (reason_.count == 0) first_ = now;
  last_ = now;
  if (seen_.contains(name)) return;
  if (seen_.size() < kMaxSeen) seen_.insert(name);
  if (reason_.names.size() < kNamesInLog) reason_.names.push_back(name);
  ++reason_.count;
}

std::optional<ChangeDetector::TimePoint> ChangeDetector::due() const {
  if (reason_.count == 0) return std::nullopt;
  return std::max(std::min(last_ + pace_.quiet, first_ + pace_.longest), taken_ + distance());
}

ReloadReason ChangeDetector::take(TimePoint now) {
  countInARow();
  if (in_a_row_ == kUsualInARow + 1) reason_.restless = *restless_.begin();
  taken_ = now;
  seen_.clear();
  return std::exchange(reason_, {});
}

void ChangeDetector::countInARow() {
  std::set<std::string> again;
  if (in_a_row_ > 0 && first_ - taken_ <= pace_.soon) {
    std::set_intersection(restless_.begin(), restless_.end(), seen_.begin(), seen_.end(),
                          std::inserter(again, again.end()));
  }
  in_a_row_ = again.empty() ? 1 : in_a_row_ + 1;
  restless_ = again.empty() ? seen_ : std::move(again);
}

std::chrono::milliseconds ChangeDetector::distance() const {
  const bool soon = in_a_row_ > kUsualInARow && first_ - taken_ <= pace_.soon;
  if (!soon) return std::chrono::milliseconds(0);
  constexpr unsigned kMostDoublings = 10;
  const unsigned doublings = std::min(in_a_row_ - kUsualInARow - 1, kMostDoublings);
  return std::min(kFirstDistance * (1 << doublings), pace_.rarest);
}

}  // namespace holdfast
