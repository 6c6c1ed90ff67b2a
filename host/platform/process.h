/// \file process.h
/// Child processes that never outlive us, with everything that they start.
///
///     host ── guard ── child ── whatever the child starts
///
/// POSIX: the guard is a fork of the host that does nothing but wait. It is the
/// child subreaper of its tree, so what detaches itself (double fork, setsid)
/// lands with the guard; when the child ends, the guard is told to, or the host
/// dies (PR_SET_PDEATHSIG), the guard kills what is left. Windows: a job object
/// that kills on close.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/platform/event_loop.h"
#include "host/platform/socket.h"

namespace holdfast {

/// What to start. Standard input is the null device.
struct Launch {
  std::string executable;                ///< a path; no search
  std::vector<std::string> arguments;    ///< argv[0] first
  std::vector<std::string> environment;  ///< `NAME=value`, the whole of it
  std::string directory;                 ///< working directory
  Socket standard_output;                ///< the child's end
  Socket standard_error;                 ///< the child's end
  /// Handles the child finds as 3, 4, ... in this order (POSIX).
  std::vector<Socket> inherited;
};

/// How a child ended.
struct ProcessEnd {
  bool started = true;  ///< false: `error` says which step failed
  std::error_code error;
  std::string failed_step;  ///< `chdir`, `exec`, ...
  int exit_code = 0;        ///< where it exited
  int signal = 0;           ///< where a signal killed it, else 0

  /// "exit code 3", "killed by signal 11 (SIGSEGV)", "could not be started: exec: No such file"
  std::string describe() const;
};

/// One child. Not thread-safe: belongs to the event loop's thread, which must
/// also be the thread that starts it and must live as long as the process does
/// (Linux sends the parent-death signal when that *thread* ends).
class Process {
 public:
  /// Starts the child; whether that succeeded is told by `on_end` only.
  /// Throws std::system_error if no process can be had at all.
  /// \param on_end  called once from the event loop; may destroy the Process
  Process(EventLoop& loop, Launch launch, std::function<void(const ProcessEnd&)> on_end);
  /// Kills the tree if it still lives.
  ~Process();

  /// 0 until the child is known to run.
  int pid() const;
  /// It has begun to end, or has ended and `on_end` is on its way: on a busy machine it lags behind
  /// what the child's end does to its sockets.
  bool isEnding() const;
  /// Ends the child and everything below it at once; `on_end` follows.
  void killTree();
  /// Sends the child stackDumpSignal(), if it catches that.
  void askForStacks();
  /// Resident memory of the child itself; 0: not known.
  std::uint64_t memoryBytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A signal by which a child may be asked to write down what it is doing, as Python's
/// faulthandler.register() does; one that programs hardly use. 0: there are no signals here.
int stackDumpSignal();

/// Makes this process adopt what is orphaned below it, so that killOrphans()
/// finds it. Called once, at start, by the thread that will start processes.
void becomeReaper();
/// Kills and reaps adopted processes, which exist only where a guard was killed
/// by somebody.
void killOrphans();
/// At the end of this process: waits until the trees of processes that have ended are gone as well,
/// seconds at most.
void awaitLateGuards();

}  // namespace holdfast
