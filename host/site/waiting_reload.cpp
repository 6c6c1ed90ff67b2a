#include "host/site/waiting_reload.h"

#include <algorithm>
#include <utility>

namespace holdfast {

namespace {

/// In the log line of the reload, when it comes.
constexpr std::size_t kMostNames = 3;

std::string untilWhen(const std::optional<proxy::Hold>& hold) {
  if (!hold || hold->kind == proxy::Hold::Kind::kUnknown) {
    return "until the debugger, which may hold the app, lets it go or leaves";
  }
  if (hold->file.empty()) return "until the debugger lets the app go";
  return "until the breakpoint at " + hold->file + ':' + std::to_string(hold->line) + " is let go";
}

}  // namespace

std::string WaitingReload::add(const ReloadReason& reason, const std::optional<proxy::Hold>& hold) {
  if (!reason_) {
    reason_ = reason;
    return describe(reason) + ": waits " + untilWhen(hold) +
           "; SIGHUP does it at once for the ordinary workers";
  }
  // Which of those without a name are the same nobody knows.
  std::size_t others =
      std::max(reason_->count - reason_->names.size(), reason.count - reason.names.size());
  for (const std::string& name : reason.names) {
    if (std::find(reason_->names.begin(), reason_->names.end(), name) != reason_->names.end()) {
      continue;
    }
    if (reason_->names.size() < kMostNames) {
      reason_->names.push_back(name);
    } else {
      ++others;
    }
  }
  reason_->count = reason_->names.size() + others;
  reason_->settings_changed = reason_->settings_changed || reason.settings_changed;
  return {};
}

std::optional<ReloadReason> WaitingReload::take() { return std::exchange(reason_, std::nullopt); }

}  // namespace holdfast
