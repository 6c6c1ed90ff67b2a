#include "host/worker/failure.h"

#include "config/quantities.h"
#include "host/worker/traceback.h"

namespace holdfast {

namespace {

using Kind = FailurePart::Kind;

constexpr char kNotRunning[] = "The site's code is not running.";
// What visitors can do.
constexpr char kComeBack[] =
    "Come back later. If you tell the people who run this site, give them the ID below.";
constexpr char kTellThem[] =
    "If it happens again, tell the people who run this site what you did, and give them the ID "
    "below.";
constexpr char kTryAgain[] = "Try again in a moment.";
constexpr char kMayHaveWorked[] =
    "Try again. If you were sending something, see first whether it has arrived.";

void addOutput(Failure& failure, const std::vector<std::string>& output) {
  if (output.empty()) return;
  std::string text;
  for (const std::string& line : output) text += line + "\n";
  failure.parts.push_back({Kind::kOutput, "Last lines that the worker wrote", std::move(text)});
}

std::string stepName(LaunchStep step) {
  switch (step) {
    case LaunchStep::kProcess:
      return "starting the process";
    case LaunchStep::kInterpreter:
      return "starting the interpreter";
    case LaunchStep::kThreads:
      return "starting the threads for requests";
    case LaunchStep::kEngine:
      return "starting the debugger's engine";
    case LaunchStep::kImport:
      break;
  }
  return "importing the app";
}

/// It is not the interpreter's fault.
bool isOutOfResources(const std::error_code& error) {
  return error == std::errc::too_many_files_open ||
         error == std::errc::too_many_files_open_in_system ||
         error == std::errc::resource_unavailable_try_again ||
         error == std::errc::not_enough_memory;
}

void addStart(Failure& failure, const StartFailure& start) {
  failure.parts.push_back(
      {Kind::kFacts, "The start of the worker",
       "Step that failed: " + stepName(start.step) + "\nInterpreter: " + start.python +
           (start.version.empty() ? "" : " (" + start.version + ")") +
           (start.sys_path.empty() ? "" : "\nsys.path: " + start.sys_path) +
           "\nWSGI_HANDLER: " + start.handler + "\nThe process: " + start.end.describe() + "\n"});
  for (const ImportTry& attempt : start.tries) {
    failure.parts.push_back({Kind::kTraceback, "Tried " + attempt.what, attempt.traceback});
  }
  addOutput(failure, start.output);
}

/// What to run, and what to set before where the engine that was asked for cannot be had.
std::string installation(const StartFailure& start, const std::string& engine) {
  const std::string version = start.version.substr(start.version.find(' ') + 1);
  const std::string command = installCommand(start.python, version, engine);
  if (!command.empty()) return "run `" + command + "`.";
  return "set debug.engine (WSGI_PTVSD_ENGINE) to debugpy and run `" +
         installCommand(start.python, version, "debugpy") + "`.";
}

void explainEngine(Failure& failure, const StartFailure& start) {
  using Kind = EngineProblem::Kind;
  const EngineProblem& problem = start.engine;
  const std::string wanted =
      start.engine_plan.engine == "auto" ? "debugpy" : start.engine_plan.engine;
  const std::string found = (problem.name.empty() ? wanted : problem.name) +
                            (problem.version.empty() ? "" : " " + problem.version);
  const std::string where = problem.environment.empty() ? "" : " in " + problem.environment;
  const std::string reason = problem.reason.empty() ? start.end.describe() : problem.reason;
  failure.of_engine = true;
  failure.cause = "The site itself runs on; only debugging does not work.";
  failure.remedy =
      "Run that command as the user to whom the environment belongs. The debugger is tried again "
      "every 30 seconds, without a restart of the host.";
  switch (problem.kind) {
    case Kind::kMissing:
      failure.title = "The site has no debugger";
      failure.exact = wanted + " is not installed" + where + ": " + installation(start, wanted);
      break;
    case Kind::kUnfit:
      failure.title = "The site's debugger is too old";
      failure.exact = found + where +
                      " does not speak the Debug Adapter Protocol, as debugpy and " +
                      "ptvsd 4 do: " + installation(start, wanted);
      break;
    case Kind::kBroken:
      failure.title = "The site's debugger does not start";
      failure.exact = found + where + " could not be started: " + reason +
                      ". If the log does not say what to mend, try another version: " +
                      installation(start, wanted);
      break;
    case Kind::kNoListen:
      failure.title = "The debugger could not open its port";
      failure.exact =
          found + " could not listen at " + start.engine_plan.address + ": " + reason + ".";
      failure.remedy =
          "See what uses the address of debug.address (WSGI_PTVSD_ADDRESS), or leave that setting "
          "out: any free port will do.";
      break;
  }
}

}  // namespace

std::string Failure::detail() const {
  std::string text;
  for (const FailurePart& part : parts) {
    if (!text.empty()) text += "\n";
    if (!part.title.empty()) text += part.title + ":\n";
    text += part.text;
  }
  return text;
}

Failure couldNotStart(const StartFailure& start) {
  Failure failure;
  failure.cause = kNotRunning;
  failure.advice = kComeBack;
  if (!start.end.started) {
    failure.title = "The Python interpreter could not be started";
    failure.exact = start.python + " " + start.end.describe() + ".";
    failure.remedy =
        "Set app.python (WSGI_PYTHON, --python) to the site's interpreter and see that "
        "this user may execute it and enter the app's folder.";
    if (isOutOfResources(start.end.error)) {
      failure.remedy =
          "There is no room for another process: look at the limits of open files, processes and "
          "memory (ulimit -a; LimitNOFILE, TasksMax and MemoryMax of systemd). It is tried again "
          "every few seconds.";
    }
  } else if (start.step == LaunchStep::kThreads) {
    failure.title = "The worker could not start its threads";
    failure.exact = start.reason + ".";
    failure.remedy =
        "Look at the limits of memory and processes (ulimit -a; MemoryMax and TasksMax of "
        "systemd), or set server.threads (WSGI_THREADS) to less. It is tried again every few "
        "seconds.";
  } else if (start.step == LaunchStep::kEngine) {
    explainEngine(failure, start);
  } else if (start.step != LaunchStep::kImport) {
    failure.title = "The Python interpreter did not start";
    failure.exact =
        start.python + " ended before it ran anything of the app: " + start.end.describe() + ".";
    failure.remedy =
        "Run the site's interpreter by hand as the same user; its last words are in the "
        "log.";
  } else if (!start.wrong_setting.empty()) {
    failure.title = "The setting " + start.wrong_setting + " is wrong";
    failure.exact = start.reason + ".";
    failure.remedy = "Correct " + start.wrong_setting +
                     (start.wrong_setting == "WSGI_HANDLER" ? " (app.handler, --handler)" : "") +
                     "; what is wrong with it is in the log. If it is right, mend the code that it "
                     "names: it is tried again every few seconds.";
  } else {
    failure.title = "The app could not be imported";
    failure.exact = start.reason.empty() ? "The worker ended while it imported \"" + start.handler +
                                               "\": " + start.end.describe() + "."
                                         : start.reason + ".";
    failure.remedy =
        "Mend the code or the setting WSGI_HANDLER (app.handler, --handler); it is tried "
        "again every few seconds, without a restart of the host.";
  }
  // Of an engine that is not there all has been said.
  const bool is_enough = failure.of_engine && start.tries.empty();
  if (!is_enough) addStart(failure, start);
  return failure;
}

Failure workerDied(int pid, const std::string& how, const std::vector<std::string>& output,
                   const std::string& stacks) {
  Failure failure;
  failure.status = 502;
  failure.title = "The worker died while it answered";
  failure.cause = "Python process " + std::to_string(pid) + " ended: " + how + ".";
  failure.advice = kMayHaveWorked;
  failure.remedy =
      "A new one has been started, so another try may succeed. If it happens again, "
      "look at what the worker wrote last, in the log.";
  if (!stacks.empty()) {
    failure.parts.push_back({Kind::kFacts, "What its threads were doing", stacks});
  }
  addOutput(failure, output);
  return failure;
}

Failure slotClosed(int pid) {
  Failure failure;
  failure.status = 502;
  failure.title = "The worker closed its connection to the host";
  failure.cause = "Python process " + std::to_string(pid) +
                  " goes on, but nothing more of this answer will come from it.";
  failure.advice = kMayHaveWorked;
  failure.remedy =
      "See whether the app closes descriptors that are not its own, such as by "
      "os.closerange or by closing one twice.";
  return failure;
}

Failure shortLived(const Failure& death) {
  Failure failure;
  failure.title = "The workers die right after their start";
  failure.cause = kNotRunning;
  failure.advice = kComeBack;
  failure.exact = death.cause;
  failure.remedy = "Look at what they wrote last, in the log; it is tried again every few seconds.";
  failure.parts = death.parts;
  return failure;
}

Failure appRaised(std::string_view traceback) {
  Failure failure;
  failure.title = "The app raised an exception";
  failure.cause = "It did not catch the exception itself, so there is no answer of its own.";
  failure.exact = exceptionOf(traceback);
  failure.advice = kTellThem;
  failure.remedy = "The traceback is in the log of the host, under the ID below.";
  failure.parts.push_back({Kind::kTraceback, "", std::string(traceback)});
  return failure;
}

Failure answerTooShort(std::uint64_t missing_bytes) {
  Failure failure;
  failure.title = "The app's answer is too short";
  failure.cause = "The Content-Length that the app gave is more than it sent: " +
                  std::to_string(missing_bytes) + " bytes are missing.";
  failure.advice = kTellThem;
  failure.remedy =
      "Leave Content-Length to the server, or compute it from the bytes that are sent.";
  return failure;
}

Failure badParams(const std::string& cause, const std::string& remedy) {
  Failure failure;
  failure.status = 400;
  failure.title = "The request cannot be passed to the app";
  failure.cause = cause + ".";
  failure.advice = "See whether the address is right.";
  failure.remedy = remedy + ".";
  return failure;
}

Failure bodyTooLarge(std::uint64_t limit) {
  Failure failure;
  failure.status = 413;
  failure.title = "The request is too large";
  failure.cause = "Its body is larger than " + bytesText(limit) + ".";
  failure.advice = "Send less at once, such as a smaller file.";
  failure.remedy = "If the site shall take as much, set server.max_body to more.";
  return failure;
}

Failure notOnChannel(const std::string& debug_path) {
  Failure failure;
  failure.status = 404;
  failure.title = "Not found";
  failure.cause = "This listener is for the debug channel, below " + debug_path + ", alone.";
  failure.advice = "Look for the site at its own address.";
  failure.remedy = "Let the web server pass only " + debug_path +
                   " and what lies below it to server.channel, with its path unchanged.";
  return failure;
}

Failure heldAnswerIsGone() {
  Failure failure;
  failure.status = 410;
  failure.title = "The answer is not here any more";
  failure.cause =
      "This address was for the answer of one request that was held at a breakpoint. It has been "
      "delivered, nobody came for it in time, or the site's host was started anew.";
  failure.advice = "Send the request once more, to the address without `holdfast-held`.";
  return failure;
}

Failure heldAnswerGoesElsewhere() {
  Failure failure;
  failure.status = 409;
  failure.title = "The answer goes to another request";
  failure.cause =
      "The same address, of a request that is held at a breakpoint, was asked for once more. The "
      "answer goes to who came last.";
  failure.advice = "Look for it there.";
  return failure;
}

Failure queueFull(unsigned limit) {
  Failure failure;
  failure.status = 503;
  failure.title = "Too many requests are waiting";
  failure.cause =
      "Every slot is busy, and the queue, with room for " + std::to_string(limit) + ", is full.";
  failure.advice = kTryAgain;
  failure.remedy =
      "If it happens often: more server.workers or server.threads, or a longer server.queue.";
  failure.retry_after_s = 1;
  return failure;
}

Failure timedOut(std::chrono::milliseconds limit, bool was_held) {
  Failure failure;
  failure.status = 504;
  failure.title = "The app took too long";
  failure.cause = "It gave no answer, or no next piece of it, within " + durationText(limit) + ".";
  if (was_held) failure.cause += " The time in which a debugger held it does not count.";
  failure.advice = kMayHaveWorked;
  failure.remedy =
      "The log has, under the ID below, the stack of every thread of that worker: it shows what "
      "the app waited for. Mend that, or raise server.request_timeout (WSGI_REQUEST_TIMEOUT).";
  return failure;
}

Failure bodyMissing(std::chrono::milliseconds limit) {
  Failure failure;
  failure.status = 408;
  failure.title = "The request did not come completely";
  failure.cause =
      "The app waited for more of its body, and got hardly any within " + durationText(limit) + ".";
  failure.advice = "Send it again, over a better connection if there is one.";
  failure.remedy =
      "Nothing is wrong with the site: the client sent too slowly (server.request_timeout). A web "
      "server that reads bodies before it passes them on keeps such clients away from the app.";
  return failure;
}

Failure busyForNobody(std::chrono::milliseconds limit) {
  Failure failure = timedOut(limit);
  failure.title = "The app was still busy when nobody waited for it any more";
  failure.cause =
      "Its client left, or was answered, before; it had been given " + durationText(limit) + ".";
  return failure;
}

Failure waitedTooLong(std::chrono::milliseconds limit) {
  Failure failure;
  failure.status = 504;
  failure.title = "No worker was free in time";
  failure.cause = "The request waited for " + durationText(limit) + " and never reached the app.";
  failure.advice = kTryAgain;
  failure.remedy =
      "See in the log what the requests before it were busy with. If the app is only slow: more "
      "server.workers or server.threads, or a longer server.request_timeout "
      "(WSGI_REQUEST_TIMEOUT).";
  failure.retry_after_s = 5;
  return failure;
}

Failure wrongSettings(const std::vector<std::string>& problems) {
  Failure failure;
  failure.title = "The site's settings are wrong";
  failure.cause = kNotRunning;
  failure.advice = kComeBack;
  failure.remedy = "Correct each setting that the log names, at the place that it names.";
  if (problems.empty()) return failure;
  failure.exact = problems.front();
  if (problems.size() == 1) return failure;
  failure.exact += " (and " + std::to_string(problems.size() - 1) + " more)";
  std::string all;
  for (const std::string& problem : problems) all += problem + "\n";
  failure.parts.push_back({Kind::kFacts, "All that is wrong", std::move(all)});
  return failure;
}

Failure shuttingDown() {
  Failure failure;
  failure.status = 503;
  failure.title = "The site is being stopped";
  failure.cause = "The host was told to stop and takes no new requests.";
  failure.advice = kTryAgain;
  failure.remedy = "If it was not you who stopped it, the log says which signal it was.";
  failure.retry_after_s = 5;
  return failure;
}

Failure stoppedBeforeItsEnd() {
  Failure failure;
  failure.status = 503;
  failure.title = "The site was stopped before the answer was complete";
  failure.cause = "The app was at work on it when the time to finish was over.";
  failure.advice = kMayHaveWorked;
  failure.remedy = "If it needs more time when the site is stopped, raise server.stop_timeout.";
  failure.retry_after_s = 5;
  return failure;
}

Failure workerReplaced(const std::string& why) {
  Failure failure;
  failure.status = 503;
  failure.title = "The worker was replaced before the answer was complete";
  failure.cause = "The app was at work on it when the time to finish was over.";
  failure.exact = "Why it was replaced: " + why +
                  ". The app did not finish within the longer of "
                  "server.request_timeout and server.stop_timeout.";
  failure.advice = kMayHaveWorked;
  failure.remedy = "Raise server.stop_timeout, if the app answers for so long on purpose.";
  failure.retry_after_s = 1;
  return failure;
}

}  // namespace holdfast
