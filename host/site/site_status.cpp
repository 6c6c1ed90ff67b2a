#include "host/site/site_status.h"

#include <Poco/Process.h>

#include "host/log.h"

namespace holdfast {

SiteStatus::SiteStatus(const LoadedSettings& loaded) : redaction_(loaded.settings) {
  fixed_.version = HOLDFAST_VERSION;
  fixed_.pid = static_cast<int>(Poco::Process::id());
  onSettings(loaded);
}

void SiteStatus::onSettings(const LoadedSettings& loaded) {
  fixed_.app_root = loaded.settings.app.root.string();
  fixed_.handler = loaded.settings.app.handler;
  fixed_.settings = loaded.origins;
  fixed_.variables = loaded.variables;
  redaction_ = Redaction(loaded.settings);
}

void SiteStatus::onFinished(const FinishedRequest& request) {
  requests_.add(request, RequestStats::Time::clock::now());
}

void SiteStatus::onFailure(const Request& request, const Failure& failure) {
  addError(failure,
           {request.id, request.params.get("REQUEST_METHOD"), request.params.get("REQUEST_URI")});
}

void SiteStatus::onStartFailure(const Failure& failure) { addError(failure, {}); }

void SiteStatus::addError(const Failure& failure, const RequestNames& request) {
  const std::string& cause = failure.exact.empty() ? failure.cause : failure.exact;
  errors_.add(failure, request, redaction_.apply(cause), std::chrono::system_clock::now());
}

void SiteStatus::open(EventLoop& loop, std::function<PoolReport()> pool,
                      std::function<DebugReport()> debug) {
  socket_ = std::make_unique<StatusSocket>(
      loop,
      [this, pool = std::move(pool), debug = std::move(debug)] { return report(pool(), debug()); });
}

std::string SiteStatus::report(PoolReport pool, DebugReport debug) const {
  const auto now = EventLoop::Clock::now();
  StatusReport report = fixed_;
  report.listeners = listeners_;
  report.settings_problems = problems_;
  std::vector<std::string> troubles;
  for (const auto& [address, trouble] : unreachable_) troubles.push_back(trouble);
  troubles.push_back(log::trouble());
  for (const std::string& trouble : troubles) {
    if (!trouble.empty()) report.troubles.push_back(trouble);
  }
  report.stopping = stopping_;
  report.uptime = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_);
  report.pool = std::move(pool);
  report.debug = std::move(debug);
  report.requests = requests_.report(now);
  report.in_progress = accepted_ - report.requests.all;
  report.errors = errors_.all();
  return statusJson(report, redaction_, std::chrono::system_clock::now());
}

}  // namespace holdfast
