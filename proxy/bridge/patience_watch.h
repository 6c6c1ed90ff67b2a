/// \file patience_watch.h
/// Asks the site, while something is held, who waits for it and for how long they still will.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proxy/bridge/site_client.h"
#include "proxy/bridge/stoppable_wait.h"
#include "proxy/hold_report.h"

namespace holdfast::proxy {

/// `GET /x kept by hop, nginx waits 60 s, 34 s left, and 2 more`: of the request that has the least
/// time left. Empty where there is none. Printable. Pure.
/// \param ago  when it was so
std::string waitingText(const std::vector<HeldRequestReport>& requests,
                        std::chrono::milliseconds ago);

/// Has a thread of its own, and asks by connections of its own. A site that does not answer, or
/// does not know, leaves the text empty.
class PatienceWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// \param client  outlives the watch
  explicit PatienceWatch(const SiteClient& client);
  /// Calls off what is going on, and waits for the thread.
  ~PatienceWatch();
  PatienceWatch(const PatienceWatch&) = delete;
  PatienceWatch& operator=(const PatienceWatch&) = delete;

  /// Something is held from now on: the site is asked soon, and every few seconds.
  void begin();
  /// Nothing is.
  void end();
  /// What the site said last of what is held, as waitingText().
  std::string text(Clock::time_point now) const;

 private:
  void run();
  /// \return the hold to ask about; nothing: to end
  std::optional<std::uint64_t> next();
  void ask(std::uint64_t hold);

  const SiteClient& client_;
  StoppableWait wait_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::optional<Clock::time_point> due_;  ///< of the next question; nothing: nothing is held
  std::uint64_t hold_ = 0;                ///< number of the last one
  std::vector<HeldRequestReport> requests_;
  Clock::time_point said_;  ///< the site said so
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace holdfast::proxy
