/// \file worker_process.h
/// One worker: launch -> handshake -> ready -> stop.
///
///     process started, source and settings sent
///       -> kHello (the interpreter runs)  -> kReady (the app is imported)
///       -> requests ... -> stop(): all connections closed, the worker ends
///     kFailing: it has closed a slot without ending; what runs in the others may finish
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/secret.h"
#include "host/front/fcgi_record.h"
#include "host/front/output_queue.h"
#include "host/platform/event_loop.h"
#include "host/platform/process.h"
#include "host/worker/failure.h"
#include "host/worker/output_capture.h"
#include "host/worker/worker_slot.h"

namespace holdfast {

/// What every worker of a site is started with.
struct WorkerPlan {
  std::string python;   ///< path of the interpreter
  std::string root;     ///< working directory and sys.path[0]
  std::string handler;  ///< WSGI_HANDLER
  PathRule paths;
  unsigned threads = 1;
  bool multiprocess = false;             ///< wsgi.multiprocess
  std::string activate;                  ///< activate_this.py to run before the import, or empty
  Secret telemetry_key;                  ///< of Application Insights, or empty
  std::vector<std::string> environment;  ///< `NAME=value`
};

/// Belongs to the event loop's thread.
class WorkerProcess : public WorkerSlot::Owner {
 public:
  enum class State { kStarting, kReady, kFailing, kStopping, kEnded };

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void onWorkerReady(WorkerProcess& worker) = 0;
    /// It ended without ever having been ready.
    virtual void onWorkerFailed(WorkerProcess& worker, const StartFailure& failure) = 0;
    /// It ended after it had been ready; requests in it have been answered with 502 or are cut.
    virtual void onWorkerEnded(WorkerProcess& worker) = 0;
    /// It has ended, and all that it had answered is through: isSpent().
    virtual void onWorkerSpent() = 0;
    virtual void onSlotFree(WorkerSlot& slot) = 0;
    /// It is kFailing from now on: another one is wanted in its place.
    virtual void onWorkerFailing() = 0;
  };

  /// Starts at once. Throws std::system_error where no process or socket can be had.
  WorkerProcess(EventLoop& loop, const WorkerPlan& plan, const FailureSink& on_failure,
                Owner& owner);
  ~WorkerProcess() override;

  State state() const { return state_; }
  int pid() const { return process_ ? process_->pid() : last_pid_; }
  /// Requests that it has, of all that it could have at a time.
  std::size_t busySlots() const;
  bool isRunningAny() const;
  bool hasFreeSlot() const;
  /// A slot for one request, which is counted; null if none is free.
  WorkerSlot* takeSlot();
  /// Why its requests failed, once it has ended.
  const Failure& death() const { return death_; }
  /// Answers are still on their way although the process has ended.
  bool isSpent() const;
  /// Requests that it was given since it started.
  std::uint64_t served() const { return served_; }
  EventLoop::Clock::time_point readySince() const { return ready_since_; }

  /// Lets it end by itself: exit handlers run. After `grace` it is killed.
  void stop(std::chrono::milliseconds grace);

 private:
  void onSlotFree(WorkerSlot& slot) override;
  void onSlotLost(WorkerSlot& slot, std::string_view why) override;
  void abortRequest(const WorkerSlot& slot, std::uint16_t serial) override;

  void sendBootstrap();
  void onControlReady(Readiness ready);
  void onControlFrame(const RecordPiece& piece);
  void onHello(std::string_view content);
  void flushControl();
  void onLine(const char* stream, std::string_view line);
  void onEnd(const ProcessEnd& end);
  void failLostSlots(const Failure& failure);
  /// Tells a worker that is dying from one that only lost a slot.
  void checkDeath(int checks_left);
  void beginFailing();
  std::string name() const;

  EventLoop& loop_;
  const WorkerPlan& plan_;
  Owner& owner_;
  State state_ = State::kStarting;
  LaunchStep step_ = LaunchStep::kProcess;
  StartFailure start_;
  std::string interpreter_;  ///< "Python 3.11.7, /path", from the handshake
  LastLines output_;
  std::unique_ptr<OutputCapture> standard_output_;
  std::unique_ptr<OutputCapture> standard_error_;
  Socket control_;
  RecordDecoder control_decoder_;
  OutputQueue control_out_;
  std::unique_ptr<Watch> control_watch_;
  std::vector<std::unique_ptr<WorkerSlot>> slots_;
  std::unique_ptr<Process> process_;
  int last_pid_ = 0;
  Failure death_;  ///< with kEnded
  std::uint64_t served_ = 0;
  EventLoop::Clock::time_point ready_since_;
  bool lost_slot_ = false;
  Timer grace_;
};

}  // namespace holdfast
