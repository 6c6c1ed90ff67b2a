/// \file worker_pool.h
/// The workers of one site: picks a slot for a request, queues what finds none,
/// and keeps as many workers alive as there shall be.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "host/worker/worker_process.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class WorkerPool : public WorkerProcess::Owner {
 public:
  struct Limits {
    unsigned workers = 1;
    unsigned queue = 100;  ///< waiting requests
  };

  WorkerPool(EventLoop& loop, WorkerPlan plan, Limits limits, FailureSink on_failure);
  ~WorkerPool() override;

  void start();
  void submit(std::shared_ptr<Request> request);

  /// Ends the workers as soon as nothing runs or waits, or when `limit` is over.
  /// \param on_stopped  called once all are gone
  void stop(std::chrono::milliseconds limit, std::function<void()> on_stopped);
  /// Does not wait for what runs.
  void stopNow();

 private:
  class Waiting;

  void onWorkerReady(WorkerProcess& worker) override;
  void onWorkerFailed(WorkerProcess& worker, const StartFailure& failure) override;
  void onWorkerEnded(WorkerProcess& worker) override;
  void onWorkerSpent() override;
  void onWorkerFailing() override { topUp(); }
  void onSlotFree(WorkerSlot& slot) override;

  WorkerSlot* pickSlot();
  void serveWaiting();
  void failWaiting(const Failure& failure);
  void topUp();
  void launch();
  void retryLater();
  void retire(WorkerProcess& worker);
  bool anyIn(WorkerProcess::State state) const;
  bool anyReady() const { return anyIn(WorkerProcess::State::kReady); }
  bool anyStarting() const { return anyIn(WorkerProcess::State::kStarting); }
  std::size_t wanted() const;
  bool isIdle() const;
  void stopIfIdle();

  EventLoop& loop_;
  const WorkerPlan plan_;
  const Limits limits_;
  const FailureSink on_failure_;
  std::vector<std::unique_ptr<WorkerProcess>> workers_;
  std::list<std::unique_ptr<WorkerProcess>> retired_;  ///< ended, answers still on their way
  std::list<std::unique_ptr<Waiting>> queue_;          ///< oldest first
  std::optional<Failure> start_failure_;               ///< of the last start, if that failed
  std::chrono::milliseconds back_off_;
  Timer retry_;
  Timer stop_limit_;
  std::function<void()> on_stopped_;
  bool stopping_ = false;
};

}  // namespace holdfast
