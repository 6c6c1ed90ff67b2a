/// \file worker_pool.h
/// The workers of one site: picks a slot for a request, queues what finds none, keeps as many
/// workers alive as there shall be, and replaces them without losing a request.
///
///     reload():  one worker of the new generation proves that the app can be imported, the others
///                follow; when all are ready they take over at once, and the old ones are drained.
///     recycling: one worker after the other, each when the one that takes its place is ready.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "host/worker/pool_report.h"
#include "host/worker/worker_process.h"

namespace holdfast {

/// When a worker has served long enough; 0: never.
struct Recycling {
  unsigned requests = 0;
  std::uint64_t memory_bytes = 0;  ///< resident
  std::chrono::milliseconds age{0};
};

/// What a reload may change.
struct PoolPlan {
  WorkerPlan worker;
  unsigned workers = 1;
  unsigned queue = 100;  ///< waiting requests
  Recycling recycling;
};

/// Who follows the engines of the debug lane's workers.
class EngineWatcher {
 public:
  virtual ~EngineWatcher() = default;
  virtual void onEngineListens(WorkerProcess& worker, const Engine& engine) = 0;
  /// Its worker takes no more requests, or has ended. Also of one that never listened, and more
  /// than once.
  virtual void onEngineLeaves(WorkerProcess& worker) = 0;
};

using RequestFilter = std::function<bool(const Request&)>;

/// Belongs to the event loop's thread.
class WorkerPool : public WorkerProcess::Owner {
 public:
  WorkerPool(EventLoop& loop, PoolPlan plan, FailureSink on_failure);
  ~WorkerPool() override;

  /// \param sink  is told each time that a worker could not be started
  void onStartFailure(std::function<void(const Failure&)> sink) {
    on_start_failure_ = std::move(sink);
  }

  /// \param watcher  outlives the pool
  void watchEngines(EngineWatcher& watcher) { engine_watcher_ = &watcher; }

  void start();
  void submit(std::shared_ptr<Request> request);

  /// Replaces all workers. While an earlier reload has starts under way it waits for their outcome,
  /// so that changes one upon the other cannot keep new code from ever serving. If the new workers
  /// do not start, the old ones serve on, and it is tried again from time to time.
  void reload(PoolPlan plan);

  /// After reload(): the old workers are drained now, although nobody takes their place yet.
  void giveWay();
  /// Tries a start that has been put off at once.
  void hurry();
  /// Of the last start, if that failed and nothing has been ready since.
  const Failure* startFailure() const { return start_failure_ ? &*start_failure_ : nullptr; }

  /// A request that comes now is refused.
  bool isFull() const {
    return queue_.size() >= plan_.queue && (!queue_.empty() || pickWorker() == nullptr);
  }
  /// Takes them out of the queue.
  /// \param which  empty: all
  std::vector<std::shared_ptr<Request>> takeWaiting(const RequestFilter& which = {});

  /// Of the debug lane: time stands still for what is in the queue, and afterwards goes on with
  /// what was left, at least kLeastAfterHold.
  void setHeld(bool held);
  /// While it is, a reload that is under way lets nobody take the place of workers that serve.
  void setSteady(bool steady);

  PoolReport report() const;

  /// Ends the workers as soon as nothing runs or waits, or when `limit` is over.
  /// \param on_stopped  called once all are gone
  void stop(std::chrono::milliseconds limit, std::function<void()> on_stopped);
  /// Does not wait for what runs.
  void stopNow();

 private:
  class Waiting;

  void onWorkerReady(WorkerProcess& worker) override;
  void onWorkerEngine(WorkerProcess& worker, const Engine& engine) override;
  void onWorkerFailed(WorkerProcess& worker, const StartFailure& failure) override;
  void onWorkerEnded(WorkerProcess& worker) override;
  void onWorkerSpent() override;
  void onWorkerDraining(WorkerProcess& worker) override;
  void onSlotFree(WorkerSlot& slot) override;

  WorkerProcess* pickWorker() const;
  void serveWaiting();
  void failWaiting(const Failure& failure);
  void failOverdue();

  void topUp();
  void launch();
  void onStartFailed(Failure failure);
  /// No worker could be started, and none is being started: requests are refused with the reason.
  bool isHopeless() const;
  void retryLater();
  void hurryIfNobodyServes();
  void drainOlder();
  void limitDraining();
  void retire(WorkerProcess& worker);
  std::size_t missing() const;
  std::size_t count(unsigned generation, WorkerProcess::State state) const;
  bool anyServing() const { return count(serving_, WorkerProcess::State::kReady) > 0; }
  bool anyStarting() const { return count(generation_, WorkerProcess::State::kStarting) > 0; }
  bool anySlowToStart() const;
  bool isSwitching() const { return serving_ != generation_; }
  bool isLane() const { return plan_.worker.engine.has_value(); }
  std::chrono::milliseconds firstBackOff() const;
  std::chrono::milliseconds longestBackOff() const;

  void beginReload(PoolPlan plan);
  void switchIfReady();
  void recycleOne();
  bool isSpentEnough(const WorkerProcess& worker, std::string& why) const;

  void watchTime();
  void onTick();

  bool isIdle() const;
  void stopIdle();

  EventLoop& loop_;
  const TimeSource now_ = EventLoop::Clock::now;
  PoolPlan plan_;
  std::shared_ptr<const WorkerPlan> worker_plan_;  ///< plan_.worker, for those that are started
  const FailureSink on_failure_;
  std::vector<std::unique_ptr<WorkerProcess>> workers_;
  std::list<std::unique_ptr<WorkerProcess>> retired_;  ///< ended, answers still on their way
  std::list<std::unique_ptr<Waiting>> queue_;          ///< oldest first
  unsigned generation_ = 1;                            ///< the newest
  unsigned serving_ = 1;                               ///< the one that gets requests
  std::optional<PoolPlan> next_;                       ///< a reload that waits for an earlier one
  WorkerProcess* leaving_ = nullptr;  ///< serves until another is ready to take its place
  std::string why_leaving_;
  std::function<void(const Failure&)> on_start_failure_;
  EngineWatcher* engine_watcher_ = nullptr;
  std::optional<Failure> start_failure_;  ///< of the last start, if that failed
  std::chrono::milliseconds back_off_;
  Timer retry_;
  Timer tick_;
  Timer stop_limit_;
  std::function<void()> on_stopped_;
  bool stopping_ = false;
  bool held_ = false;
  bool steady_ = false;
};

}  // namespace holdfast
