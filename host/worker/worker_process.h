/// \file worker_process.h
/// One worker: launch -> handshake -> ready -> stop.
///
///     process started, source and settings sent
///       -> kHello (the interpreter runs)  -> [debug lane: kEngine]  -> kReady (the app is
///       imported)
///       -> requests ... -> drain(): what runs in it may finish -> stop(): all connections closed,
///     the worker ends. One that has closed a slot, or whose app does not come back, is drained
///     too, and killed at the end of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/secret.h"
#include "host/front/fcgi_record.h"
#include "host/front/output_queue.h"
#include "host/platform/event_loop.h"
#include "host/platform/process.h"
#include "host/worker/engine.h"
#include "host/worker/failure.h"
#include "host/worker/output_capture.h"
#include "host/worker/stack_question.h"
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
  std::chrono::milliseconds request_timeout{90'000};  ///< as WorkerSlot::serve() has it
  /// For what runs in a worker that is drained.
  std::chrono::milliseconds drain_timeout{90'000};
  std::optional<EnginePlan> engine;  ///< with one it is a worker of the debug lane
};

/// Belongs to the event loop's thread.
class WorkerProcess : public WorkerSlot::Owner {
 public:
  enum class State { kStarting, kReady, kDraining, kStopping, kEnded };

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void onWorkerReady(WorkerProcess& worker) = 0;
    /// Its engine listens; the app is still to be imported.
    virtual void onWorkerEngine(WorkerProcess& worker, const Engine& engine) = 0;
    /// It ended without ever having been ready.
    virtual void onWorkerFailed(WorkerProcess& worker, const StartFailure& failure) = 0;
    /// It ended after it had been ready; requests in it have been answered with 502 or are cut.
    virtual void onWorkerEnded(WorkerProcess& worker) = 0;
    /// It has ended, and all that it had answered is through: isSpent().
    virtual void onWorkerSpent() = 0;
    virtual void onSlotFree(WorkerSlot& slot) = 0;
    /// It takes no more requests: another one is wanted in its place.
    virtual void onWorkerDraining(WorkerProcess& worker) = 0;
  };

  /// Starts at once. Throws std::system_error where no process or socket can be had.
  /// \param generation  of code and settings: what it is told apart by after a reload
  /// \param now, on_failure  outlive the worker
  WorkerProcess(EventLoop& loop, std::shared_ptr<const WorkerPlan> plan, unsigned generation,
                const TimeSource& now, const FailureSink& on_failure, Owner& owner);
  ~WorkerProcess() override;

  State state() const { return state_; }
  int pid() const { return process_ ? process_->pid() : last_pid_; }
  /// Requests that it has, of all that it could have at a time.
  std::size_t busySlots() const;
  bool isRunningAny() const;
  bool hasFreeSlot() const;
  /// Gives the request to a slot that is free, of which there must be one.
  void serve(std::shared_ptr<Request> request);
  /// Why its requests failed, once it has ended.
  const Failure& death() const { return death_; }
  /// It was told to: its end is no failure.
  bool isMeantToEnd() const { return ending_; }
  /// Answers are still on their way although the process has ended.
  bool isSpent() const;
  /// Requests that it was given since it started.
  std::uint64_t served() const { return served_; }
  EventLoop::Clock::time_point readySince() const { return ready_since_; }
  unsigned generation() const { return generation_; }
  std::uint64_t memoryBytes() const { return process_->memoryBytes(); }
  WorkerReport report() const;

  /// Answers requests whose time is over; their stacks go to the log, and the worker is drained.
  /// One that takes long to import the app has its stacks logged, and goes on. To be called from
  /// time to time.
  /// While a debugger is attached to it this only answers requests, and only once.
  void checkDeadlines();
  /// A debugger is. When it has left, everything that the worker is at has its time anew.
  void setAttached(bool attached);
  /// The debugger holds the app: no request's time goes on. Afterwards it does, with what was left,
  /// at least kLeastAfterHold. The time to finish of one that is drained knows no hold.
  void setHeld(bool held);
  /// It has been starting for longer than a request may take.
  bool isSlowToStart() const;
  /// Takes no more requests, lets those that it has finish, and then ends.
  /// \param why  continues "it is replaced because ..."
  void drain(const std::string& why);
  /// It is being drained, since then.
  EventLoop::Clock::time_point drainingSince() const { return draining_since_; }
  /// Ends the draining before its time: what still runs is cut.
  void cutDraining();
  /// Tells its engine to forget all breakpoints and to let go of what it holds, and drains it.
  /// Whatever still runs after `limit` is cut. One that is not ready yet ends at once.
  void replace(const std::string& why, std::chrono::milliseconds limit);
  /// How long one that is told to end may take over its exit handlers.
  static constexpr std::chrono::seconds kExitGrace{5};
  /// Lets it end by itself: exit handlers run. After `grace` it is killed.
  void stop(std::chrono::milliseconds grace = kExitGrace);
  /// Ends it at once.
  void kill();

 private:
  void onSlotFree(WorkerSlot& slot) override;
  void onSlotLost(WorkerSlot& slot, std::string_view why) override;
  void abortRequest(const WorkerSlot& slot, std::uint16_t serial) override;

  void sendBootstrap();
  void onControlReady(Readiness ready);
  void onControlFrame(const RecordPiece& piece);
  void onHello(std::string_view content);
  void onEngine(std::string_view content);
  void onNoEngine(std::string_view content);
  void onSlotThread(std::string_view content);
  bool isDebugged() const;
  void flushControl();
  void onLine(const char* stream, std::string_view line);
  void say(const char* stream, std::string_view request_id, std::string_view line);
  void onEnd(const ProcessEnd& end);
  void onReady(std::string_view content);
  void failLostSlots(const Failure& failure);
  /// Tells a worker that is dying from one that only lost a slot.
  void checkDeath(int checks_left);
  /// \param broken  it would not end by itself
  void beginDraining(const std::string& why, bool broken);
  void endIfDrained();
  void endDraining();
  void lookAtSlowStart();
  SlotRequests servedRequests() const;
  void onStacks(const std::string& title, const std::string& text);
  std::string name() const;
  void traceState(const std::string& what) const;
  void traceControl(const char* way, std::uint8_t type, std::size_t bytes) const;

  EventLoop& loop_;
  const std::shared_ptr<const WorkerPlan> plan_;
  const unsigned generation_;
  const TimeSource& now_;
  Owner& owner_;
  State state_ = State::kStarting;
  LaunchStep step_ = LaunchStep::kProcess;
  StartFailure start_;
  std::size_t tried_bytes_ = 0;     ///< in start_.tries
  std::string interpreter_;         ///< "Python 3.11.7, /path", from the handshake
  const std::string output_token_;  ///< see output_tag.h
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
  EventLoop::Clock::time_point started_;
  std::chrono::milliseconds slow_start_;  ///< from when on a start is worth a word
  std::string python_version_;            ///< "3.11.7", from the handshake
  bool waits_for_debugger_ = false;       ///< the import has not begun
  bool attached_ = false;                 ///< a debugger
  bool held_ = false;                     ///< by it
  bool lost_slot_ = false;
  std::string why_drained_;
  EventLoop::Clock::time_point draining_since_;
  bool broken_ = false;      ///< while draining: it is killed rather than stopped
  bool drain_over_ = false;  ///< the time for it
  bool drained_ = false;     ///< it ends because of that
  bool ending_ = false;      ///< because we want it to
  Timer grace_;
  Timer death_check_;

  std::optional<StackQuestion> stack_question_;  ///< always
};

}  // namespace holdfast
