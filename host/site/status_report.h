/// \file status_report.h
/// All that `holdfast status` tells of a host, as one value and as its JSON document. Pure.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "config/settings.h"
#include "host/site/debug_report.h"
#include "host/site/recent_errors.h"
#include "host/site/request_stats.h"
#include "host/site/shown_text.h"
#include "host/worker/pool_report.h"

namespace holdfast {

struct StatusReport {
  std::string version;
  int pid = 0;
  std::string app_root;
  std::string handler;
  std::vector<std::string> listeners;
  bool stopping = false;
  /// What is wrong with the host itself just now, in words: nobody can reach it, it cannot log.
  std::vector<std::string> troubles;
  std::vector<std::string> settings_problems;  ///< of the last reload, if that was refused
  std::chrono::milliseconds uptime{0};
  PoolReport pool;
  DebugReport debug;
  RequestStatsReport requests;     ///< finished ones
  std::uint64_t in_progress = 0;   ///< requests; the queue's too
  std::deque<RecentError> errors;  ///< newest first
  std::vector<SettingOrigin> settings;
  std::vector<VariableOrigin> variables;  ///< of the app's environment: names, never values
};

/// One JSON object, without line breaks. Of very many busy slots only the first kMostSlots are in
/// it, so that its making does not keep the event loop from its work.
/// \param now  of the errors' clock
std::string statusJson(const StatusReport& report, const Redaction& redaction,
                       std::chrono::system_clock::time_point now);

inline constexpr std::size_t kMostSlots = 500;

}  // namespace holdfast
