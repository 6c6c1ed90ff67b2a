/// \file debug_lane.h
/// The debug lane: one more worker, with a debugger's engine in it that listens on a port of its
/// own before the app is imported. Requests go there only while a debugger is attached; the other
/// workers carry no debugger and know nothing of it.
///
///     worker started -> onEngine() -> [debug.wait: a debugger attaches] -> app imported -> serves
///     reload(): the old worker serves, and may be attached to, until the new one is ready; with
///     debug.wait, or where both have the same port, it gives way at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/worker/engine.h"
#include "host/worker/worker_pool.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class DebugLane : private EngineWatcher {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// It may be attached to.
    virtual void onEngine(const Engine& engine) = 0;
    /// A debugger that is attached to it must go. If another engine is there, onEngine() follows.
    /// \param lives  its worker takes no more requests, and ends when what runs in it is done: the
    ///   engine must be told to let go; false: the worker has ended
    virtual void onEngineGone(std::uint16_t port, bool lives) = 0;
    /// The lane's worker could not be started; the log has it already, and it is tried again.
    virtual void onLaneFailed(const Failure& failure) = 0;
    /// isHeld() has become false. May reload; else the reload that waits is made.
    virtual void onReleased() {}
  };

  /// \param plan  its worker has an EnginePlan; `workers` and `recycling` are of no effect
  /// \param listener  outlives the lane
  DebugLane(EventLoop& loop, PoolPlan plan, FailureSink on_failure, Listener& listener);
  ~DebugLane() override;

  void start();
  /// Waits in the lane's queue until the lane can serve it.
  void submit(std::shared_ptr<Request> request) { pool_.submit(std::move(request)); }
  /// While one is, a request whose time is over gets its 504 and nothing else happens; when it has
  /// left, what still runs has its time anew. Of the engine that is the current one.
  void setAttached(bool attached);
  /// Whether the debugger that is attached holds the app; without one nothing is held. Time stands
  /// still meanwhile for what runs in the current worker and for what waits for it; afterwards it
  /// goes on with what was left, at least kLeastAfterHold.
  /// \param stepping  with `held` false: it is about to be held again
  void setHeld(bool held, bool stepping = false);
  /// It is held, or was a moment ago: a step lets the app run for moments only. So long no other
  /// worker takes the place of one that serves.
  bool isHeld() const { return stays_; }
  /// As WorkerPool::reload(); while isHeld() the latest plan waits.
  void reload(PoolPlan plan);
  /// One that listens: may be attached to. While the app is still being imported requests wait.
  std::optional<Engine> engine() const;
  /// Whether the worker of engine() serves: a request need not wait for an import.
  bool isServing() const;
  /// A thread of the worker of engine() runs a request, be its client there or not.
  bool isBusy() const;
  /// A request that comes now is refused.
  bool isFull() const { return pool_.isFull(); }
  /// Requests that no worker has begun. They are the caller's from now on.
  /// \param which  those alone
  std::vector<std::shared_ptr<Request>> takeWaiting(const RequestFilter& which = {}) {
    return pool_.takeWaiting(which);
  }
  /// Of the last start, if that failed.
  const Failure* failure() const { return pool_.startFailure(); }
  /// Starts another worker in the place of the one that is there, which is given a few seconds to
  /// finish: its engine is told to let go of what it holds. Hurries a start that has been put off.
  /// \param why  continues "it is replaced because ..."
  void replace(const std::string& why);
  /// Hurries a start that has been put off, as somebody wants to attach just now.
  void hurry() { pool_.hurry(); }

  void stop(std::chrono::milliseconds limit, std::function<void()> on_stopped) {
    pool_.stop(limit, std::move(on_stopped));
  }
  void stopNow() { pool_.stopNow(); }
  PoolReport report() const { return pool_.report(); }

 private:
  /// A worker whose engine listens.
  struct Listening {
    WorkerProcess* worker;
    Engine engine;
  };

  void onEngineListens(WorkerProcess& worker, const Engine& engine) override;
  void onEngineLeaves(WorkerProcess& worker) override;

  void releaseAfter(std::chrono::milliseconds time);
  void release();

  EventLoop& loop_;
  Listener& listener_;
  EnginePlan plan_;
  bool attached_ = false;  ///< a debugger, to the current worker
  bool held_ = false;      ///< by it
  bool stays_ = false;     ///< as isHeld()
  Timer release_;
  std::optional<PoolPlan> next_;      ///< a reload that waits for the end of a hold
  std::vector<Listening> listening_;  ///< oldest first: the first is the current one
  WorkerPool pool_;
};

}  // namespace holdfast
