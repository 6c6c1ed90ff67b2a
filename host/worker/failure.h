/// \file failure.h
/// Why a request cannot be answered by the app, in words for people. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/platform/process.h"
#include "host/worker/engine.h"

namespace holdfast {

/// One section of all that is known about a failure.
struct FailurePart {
  enum class Kind { kFacts, kTraceback, kOutput };
  Kind kind = Kind::kFacts;
  std::string title;  ///< "Tried shop.app"; may be empty
  std::string text;   ///< lines, the last one ended as well
};

/// What an error page and a line of the log are made of.
struct Failure {
  int status = 500;
  std::string title;   ///< "The app could not be imported"
  std::string cause;   ///< a sentence that any visitor may read
  std::string exact;   ///< the cause with names and messages, as `parts`; may be empty
  std::string advice;  ///< what a visitor can do
  std::string remedy;  ///< what whoever runs the site can do; visitors may read it
  /// Tracebacks and captured output: for the log, and for pages that may show them.
  std::vector<FailurePart> parts;
  int retry_after_s = 0;  ///< Retry-After, if not 0
  /// The log has the parts already, by whoever noticed the failure: requests only refer to it.
  bool detail_logged = false;
  /// Of the debugger in the lane: `exact` says nothing of the app, and anybody may read it.
  bool of_engine = false;

  /// All parts as one text, for the log.
  std::string detail() const;
};

/// One thing that a worker tried on its way to the app, and what came of it.
struct ImportTry {
  std::string what;
  std::string traceback;
};

/// How far a worker came that did not become ready.
enum class LaunchStep { kProcess, kInterpreter, kEngine, kImport, kThreads };

/// All that is known about a worker that did not become ready.
struct StartFailure {
  LaunchStep step = LaunchStep::kProcess;
  std::string python;   ///< the interpreter's path
  std::string version;  ///< "Python 3.11.2", once the interpreter ran
  std::string sys_path;
  std::string handler;
  std::string reason;         ///< the worker's own words, where it had any
  std::string wrong_setting;  ///< "WSGI_HANDLER", where the worker found that to be the cause
  EnginePlan engine_plan;     ///< of a worker of the debug lane
  EngineProblem engine;       ///< with kEngine
  ProcessEnd end;
  std::vector<ImportTry> tries;
  std::vector<std::string> output;  ///< last lines of standard output and error
};

Failure couldNotStart(const StartFailure& start);
/// \param output  last lines of the worker's standard output and error
/// \param stacks  what its threads were doing, where that is known; lines
Failure workerDied(int pid, const std::string& how, const std::vector<std::string>& output,
                   const std::string& stacks = {});
/// The worker closed a request's slot although it had not ended.
Failure slotClosed(int pid);
/// Workers become ready and die at once. \param death  workerDied() of the last one
Failure shortLived(const Failure& death);
Failure appRaised(std::string_view traceback);
/// The app's body was shorter than its own Content-Length.
Failure answerTooShort(std::uint64_t missing_bytes);
Failure badParams(const std::string& cause, const std::string& remedy);
/// \param limit  bytes
Failure bodyTooLarge(std::uint64_t limit);
/// Something else than the debug path was asked of the debug channel's listener.
Failure notOnChannel(const std::string& debug_path);
/// Of an address for the answer of a request that was held: it leads to none (any more).
Failure heldAnswerIsGone();
/// ... another request has come for it.
Failure heldAnswerGoesElsewhere();
Failure queueFull(unsigned limit);
/// The app did not answer, or fell silent in its answer. \param limit  server.request_timeout
/// \param was_held  by a debugger, for some time that is not in `limit`
Failure timedOut(std::chrono::milliseconds limit, bool was_held = false);
/// The app read all of the body that came, and waited for the rest of it.
/// \param limit  server.request_timeout
Failure bodyMissing(std::chrono::milliseconds limit);
/// As timedOut(), for a request whose client had left, or was answered, before.
Failure busyForNobody(std::chrono::milliseconds limit);
/// No worker was free in time. \param limit  server.request_timeout
Failure waitedTooLong(std::chrono::milliseconds limit);
/// \param problems  what settings say of themselves: "file:line: what is wrong"
Failure wrongSettings(const std::vector<std::string>& problems);
Failure shuttingDown();
/// The host was stopped while the app was at it.
Failure stoppedBeforeItsEnd();
/// Its worker was replaced, and it had not ended within the time that there is for that.
/// \param why  "files have changed"
Failure workerReplaced(const std::string& why);

}  // namespace holdfast
