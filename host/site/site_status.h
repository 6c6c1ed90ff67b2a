/// \file site_status.h
/// What a host remembers so that `holdfast status` can tell it, and the socket that tells it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "host/front/request.h"
#include "host/site/recent_errors.h"
#include "host/site/request_stats.h"
#include "host/site/status_report.h"
#include "host/site/status_socket.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class SiteStatus {
 public:
  explicit SiteStatus(const LoadedSettings& loaded);

  /// Other settings count from now on.
  void onSettings(const LoadedSettings& loaded);
  /// Of a reload that changed nothing because of them; none: it was well.
  void onWrongSettings(const std::vector<std::string>& problems) { problems_ = problems; }
  void onListening(const std::string& name) { listeners_.push_back(name); }
  /// \param address  of the listener, as the settings have it
  /// \param trouble  why no web server gets through there, in words; empty: they do
  void onUnreachable(const std::string& address, const std::string& trouble) {
    unreachable_[address] = trouble;
  }
  void onAccepted() { ++accepted_; }
  void onFinished(const FinishedRequest& request);
  void onFailure(const Request& request, const Failure& failure);
  void onStartFailure(const Failure& failure);
  void onStopping() { stopping_ = true; }

  /// \param pool, debug  asked at each report
  void open(EventLoop& loop, std::function<PoolReport()> pool, std::function<DebugReport()> debug);

 private:
  std::string report(PoolReport pool, DebugReport debug) const;
  void addError(const Failure& failure, const RequestNames& request);

  const EventLoop::Clock::time_point started_ = EventLoop::Clock::now();
  StatusReport fixed_;  ///< what is the same in all reports
  Redaction redaction_;
  std::vector<std::string> listeners_;
  std::vector<std::string> problems_;
  std::map<std::string, std::string> unreachable_;  ///< by address
  std::uint64_t accepted_ = 0;                      ///< requests
  RequestStats requests_;
  RecentErrors errors_;
  bool stopping_ = false;
  std::unique_ptr<StatusSocket> socket_;
};

}  // namespace holdfast
