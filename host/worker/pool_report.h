/// \file pool_report.h
/// What the workers of a site are doing at one moment, as plain values for
/// `holdfast status`. Texts from outside are as they came: whoever shows them makes them fit.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/worker/failure.h"

namespace holdfast {

/// One slot of a worker.
struct SlotReport {
  enum class Doing {
    kIdle,
    kApp,       ///< the app is at work
    kTaking,    ///< the app waits: its client has not taken what there is of the answer
    kTimedOut,  ///< it has been answered with 504, and the app is still at it
  };
  Doing doing = Doing::kIdle;
  std::string request_id;  ///< empty: idle
  std::string method;
  std::string uri;
  std::chrono::milliseconds since{0};  ///< how long it has been doing that
};

struct WorkerReport {
  enum class State { kStarting, kReady, kDraining, kStopping };
  int pid = 0;  ///< 0: the process is not known to run yet
  State state = State::kStarting;
  std::string why;                 ///< of kDraining: "files have changed", "a request timed out"
  unsigned generation = 1;         ///< grows by one with each reload
  std::uint64_t requests = 0;      ///< that it was given
  std::uint64_t memory_bytes = 0;  ///< resident; 0: not known
  std::chrono::milliseconds age{0};
  std::vector<SlotReport> slots;
};

struct PoolReport {
  std::vector<WorkerReport> workers;  ///< oldest first
  std::size_t waiting = 0;            ///< requests in the queue
  std::size_t queue_limit = 0;
  std::chrono::milliseconds longest_wait{0};  ///< of those in the queue
  unsigned wanted_workers = 0;
  bool reloading = false;  ///< new workers are being started to take the place of those that serve
  std::optional<Failure> start_failure;  ///< of the last start, if that failed: nothing newer works
};

}  // namespace holdfast
