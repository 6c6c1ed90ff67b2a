/// \file source_check.h
/// Compares the files in which breakpoints are set with those that are deployed, in the background.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "proxy/bridge/client_messages.h"
#include "proxy/bridge/site_client.h"
#include "proxy/bridge/stoppable_wait.h"

namespace holdfast::proxy {

/// Has a thread of its own. Other threads only leave names with it.
class SourceCheck {
 public:
  /// \param client  outlives the check
  /// \param warn  called on the thread, with one line, once for each file and session
  SourceCheck(const SiteClient& client, std::function<void(const std::string&)> warn);
  /// Calls off what is going on, and waits for the thread.
  ~SourceCheck();
  SourceCheck(const SourceCheck&) = delete;
  SourceCheck& operator=(const SourceCheck&) = delete;

  /// Something else may be deployed by now.
  void beginSession();
  void check(const BreakpointFile& file);

 private:
  void run();
  bool next(BreakpointFile& file);
  void compare(const BreakpointFile& file);
  std::optional<std::string> deployedHash(const std::string& file);

  const SiteClient& client_;
  const std::function<void(const std::string&)> warn_;
  StoppableWait wait_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<BreakpointFile> files_;
  std::set<std::string> warned_;                              ///< names as the client has them
  std::map<std::string, std::optional<std::string>> hashes_;  ///< of what is deployed
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace holdfast::proxy
