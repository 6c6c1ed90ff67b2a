// What is seen of those in the lane; what happens to them is in held_requests.cpp.
#include <algorithm>

#include "host/hold/held_requests.h"
#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// A limit that is further away needs no keeper yet.
constexpr auto kLongTime = 5min;

}  // namespace

std::vector<proxy::HeldRequestReport> HeldRequests::report() const {
  std::vector<proxy::HeldRequestReport> reports;
  for (const Entry& entry : entries_) {
    if (!entry.request->isOver() && entry.was_held) reports.push_back(reportOf(entry));
  }
  return reports;
}

proxy::HeldRequestReport HeldRequests::reportOf(const Entry& entry) const {
  const HeldRequest& request = *entry.request;
  const auto now = EventLoop::Clock::now();
  proxy::HeldRequestReport report;
  report.id = request.id;
  report.method = request.params.get("REQUEST_METHOD");
  const std::string_view target = request.params.get("REQUEST_URI");
  report.path = target.substr(0, target.find('?'));
  report.age = std::chrono::duration_cast<milliseconds>(now - request.trail.received);
  report.front_end = nameOf(entry.patience.kind);
  report.limit = entry.patience.limit;
  report.hand_offs = entry.given_away;
  report.is_waited_for = request.isWaitedFor();
  report.is_answered = request.isAnswered();
  const Keeper keeper = keeperOf(entry);
  report.keeper = nameOf(keeper);
  if (!request.isWaitedFor() || keeper == Keeper::kWait || keeper == Keeper::kPad) return report;
  if (request.hasBegun()) {
    const bool long_enough = *entry.patience.limit > kLongTime;
    report.keeper = long_enough ? nameOf(Keeper::kWait) : "none";
    return report;
  }
  report.left =
      std::max(std::chrono::duration_cast<milliseconds>(dueOf(entry) - now), milliseconds(0));
  if (*report.left > kLongTime) report.keeper = nameOf(Keeper::kWait);
  return report;
}

void HeldRequests::logHeld() {
  for (Entry& entry : entries_) {
    if (!entry.request->isOver() && entry.in_lane && entry.was_held) logHeld(entry);
  }
}

void HeldRequests::logHeld(Entry& entry) {
  const proxy::HeldRequestReport report = reportOf(entry);
  if (std::exchange(entry.logged, report.keeper) == report.keeper) return;
  std::string text = describe(*entry.request) + " is held; " + limitInWords(entry.patience);
  if (report.keeper == "none") {
    return log::warning(text +
                        " between two parts of an answer, and this one has begun: it may be cut, "
                        "and nothing can be done about it but " +
                        remedyFor(entry.patience.kind));
  }
  text += ", kept patient by " + report.keeper;
  if (report.left) text += ", next in " + std::to_string(report.left->count() / 1000) + " s";
  log::info(text);
}

}  // namespace holdfast
