#include "host/worker/worker_process.h"

#include <Poco/NumberParser.h>

#include <algorithm>

#include "host/log.h"
#include "host/trace.h"
#include "host/worker/bootstrap_source.h"
#include "host/worker/link_message.h"
#include "host/worker/output_tag.h"
#include "host/worker/stream_link.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// A worker that has said that it is not ready has so long to end by itself.
constexpr auto kEndGrace = 3s;
/// A worker that dies closes its slots a moment before we hear how it died. So long after that we
/// look whether it does die, and wait no longer than the limit to hear how.
constexpr auto kNewsOfDeath = 100ms;
constexpr int kMaxDeathChecks = 100;
/// What is kept of the reports of a worker about its way to the app.
constexpr std::size_t kMaxTries = 20;
constexpr std::size_t kMaxTriedName = 1000;
constexpr std::size_t kMaxTriedBytes = 128 * 1024;
/// Reads the bootstrap off the control socket and runs it: nothing of ours lies on the site's disk
/// or in its sys.path. The first 8 bytes are its length.
constexpr char kLoader[] =
    "import sys\n"
    "if sys.version_info < (3, 6):\n"
    "    sys.exit('Holdfast needs Python 3.6 or later, this is Python ' + sys.version.split()[0])\n"
    "import socket\n"
    "control = socket.socket(fileno=3)\n"
    "size = int(control.recv(8, socket.MSG_WAITALL))\n"
    "exec(compile(control.recv(size, socket.MSG_WAITALL), '<frozen holdfast>', 'exec'),\n"
    "     {'__name__': 'holdfast', 'control': control})\n";

std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

WorkerProcess::WorkerProcess(EventLoop& loop, std::shared_ptr<const WorkerPlan> plan,
                             unsigned generation, const TimeSource& now,
                             const FailureSink& on_failure, Owner& owner)
    : loop_(loop),
      plan_(std::move(plan)),
      generation_(generation),
      now_(now),
      owner_(owner),
      output_token_(freshOutputToken()),
      control_decoder_(0),
      started_(now()),
      slow_start_(plan_->request_timeout) {
  Launch launch;
  launch.executable = plan_->python;
  launch.arguments = {plan_->python, "-u", "-c", kLoader, "holdfast-worker", plan_->handler};
  if (plan_->engine) {
    // Engines cannot follow modules that the interpreter has in itself (3.11; unknown ones before).
    launch.arguments.insert(launch.arguments.begin() + 1, {"-X", "frozen_modules=off"});
  }
  launch.environment = plan_->environment;
  launch.directory = plan_->root;

  SocketPair control = makeSocketPair();
  control_ = std::move(control.ours);
  launch.inherited.push_back(std::move(control.theirs));
  for (unsigned i = 0; i < plan_->threads; ++i) {
    SocketPair pair = makeSocketPair();
    slots_.push_back(std::make_unique<WorkerSlot>(
        static_cast<std::uint16_t>(i),
        std::make_unique<StreamLink>(loop, std::move(pair.ours),
                                     [this, i] { return name() + " slot " + std::to_string(i); }),
        plan_->paths, now, on_failure, *this));
    launch.inherited.push_back(std::move(pair.theirs));
  }
  SocketPair stacks = makeReadPipe();
  launch.inherited.push_back(std::move(stacks.theirs));
  SocketPair output = makeReadPipe();
  SocketPair errors = makeReadPipe();
  launch.standard_output = std::move(output.theirs);
  launch.standard_error = std::move(errors.theirs);
  process_ = std::make_unique<Process>(loop, std::move(launch),
                                       [this](const ProcessEnd& end) { onEnd(end); });

  standard_output_ = std::make_unique<OutputCapture>(
      loop, std::move(output.ours), [this](std::string_view line) { onLine("stdout", line); });
  standard_error_ = std::make_unique<OutputCapture>(
      loop, std::move(errors.ours), [this](std::string_view line) { onLine("stderr", line); });
  stack_question_.emplace(
      loop, std::move(stacks.ours),
      StackQuestion::Ways{[this] {
                            traceControl("->", link::kAskStacks, 0);
                            appendRecord(control_out_.tail(), link::kAskStacks, 0, {});
                            flushControl();
                          },
                          [this] { process_->askForStacks(); }},
      [this](const std::string& title, const std::string& text) { onStacks(title, text); });
  control_watch_ = std::make_unique<Watch>(loop, control_.handle(), true, false,
                                           [this](Readiness ready) { onControlReady(ready); });
  start_.python = plan_->python;
  start_.handler = plan_->handler;
  start_.engine_plan = plan_->engine.value_or(EnginePlan());
  sendBootstrap();
}

WorkerProcess::~WorkerProcess() = default;

void WorkerProcess::sendBootstrap() {
  const std::string_view source = bootstrapSource();
  std::string size = std::to_string(source.size());
  size.insert(0, 8 - size.size(), '0');
  control_out_.append(size);
  control_out_.append(source);
  std::vector<std::string> fields = {"handler",
                                     plan_->handler,
                                     "root",
                                     plan_->root,
                                     "threads",
                                     std::to_string(plan_->threads),
                                     "multiprocess",
                                     plan_->multiprocess ? "1" : "0",
                                     "output",
                                     output_token_,
                                     "activate",
                                     plan_->activate,
                                     "telemetry",
                                     plan_->telemetry_key.reveal(),
                                     "stack dump signal",
                                     std::to_string(stackDumpSignal())};
  if (plan_->engine) {
    fields.insert(fields.end(), {"engine", plan_->engine->engine, "wait",
                                 plan_->engine->wait ? "1" : "0", "address", plan_->engine->address,
                                 "engine source", std::string(engineSource())});
  }
  std::string settings;
  for (const std::string& field : fields) {
    if (!settings.empty()) settings.push_back('\0');
    settings += field;
  }
  traceControl("->", link::kSettings, settings.size());
  appendRecord(control_out_.tail(), link::kSettings, 0, settings);
  flushControl();
}

void WorkerProcess::onControlReady(Readiness ready) {
  if (ready.writable) flushControl();
  if (!ready.readable && !ready.hangup) return;
  std::span<std::byte> input = loop_.readBuffer();
  const IoResult result = control_.read(input);
  if (result.wouldBlock()) return;
  if (!result.ok()) {
    // Its end is told by the process; until then there is nothing more to hear.
    control_watch_.reset();
    control_.close();
    return;
  }
  input = input.first(result.bytes);
  RecordPiece piece;
  while (control_watch_ && control_decoder_.next(input, piece) == RecordStatus::kPiece) {
    onControlFrame(piece);
  }
}

void WorkerProcess::onControlFrame(const RecordPiece& piece) {
  const std::string_view content = text(piece.content);
  traceControl("<-", piece.header.type, content.size());
  switch (piece.header.type) {
    case link::kHello:
      return onHello(content);
    case link::kTried: {
      const std::size_t end = std::min(content.find('\0'), content.size());
      const std::size_t room = kMaxTriedBytes - std::min(tried_bytes_, kMaxTriedBytes);
      if (state_ != State::kStarting || start_.tries.size() >= kMaxTries || room == 0) return;
      tried_bytes_ += content.size();
      start_.tries.push_back(
          {std::string(content.substr(0, std::min(end, kMaxTriedName))),
           std::string(content.substr(std::min(end + 1, content.size()), room))});
      return;
    }
    case link::kReady:
      return onReady(content);
    case link::kStacks:
      return stack_question_->onAnswer(content);
    case link::kStacksPart:
      return stack_question_->onPart(content);
    case link::kNotReady: {
      if (state_ != State::kStarting || grace_) return;
      const std::size_t end = std::min(content.find('\0'), content.size());
      start_.wrong_setting = content.substr(0, end);
      start_.reason = content.substr(std::min(end + 1, content.size()));
      grace_ = loop_.after(kEndGrace, [this] { process_->killTree(); });
      return;
    }
    case link::kNoThreads:
      step_ = LaunchStep::kThreads;
      start_.reason = content;
      return;
    case link::kEngine:
      return onEngine(content);
    case link::kNoEngine:
      return onNoEngine(content);
    case link::kSlotThread:
      return onSlotThread(content);
    default:
      return;
  }
}

void WorkerProcess::onHello(std::string_view content) {
  const auto fields = link::splitFields(content);
  if (fields.size() < 4) return;
  step_ = plan_->engine ? LaunchStep::kEngine : LaunchStep::kImport;
  start_.engine.kind = EngineProblem::Kind::kBroken;  // until it says something else
  const std::string implementation = fields[0] == "cpython" ? "Python" : std::string(fields[0]);
  python_version_ = log::printable(fields[1]);
  start_.version = implementation + ' ' + python_version_;
  start_.sys_path = log::printable(fields[3]);
  interpreter_ = start_.version + ", " + log::printable(fields[2]);
}

void WorkerProcess::onReady(std::string_view content) {
  if (state_ != State::kStarting) return;
  std::vector<std::uint64_t> threads;
  for (const std::string_view field : link::splitFields(content)) {
    Poco::UInt64 thread = 0;
    Poco::NumberParser::tryParseUnsigned64(std::string(field), thread);
    threads.push_back(thread);
  }
  stack_question_->setSlotThreads(std::move(threads));
  state_ = State::kReady;
  ready_since_ = now_();
  log::info(name() + ": ready (" + interpreter_ + "), " + std::to_string(plan_->threads) +
            (plan_->threads == 1 ? " thread" : " threads"));
  owner_.onWorkerReady(*this);
}

void WorkerProcess::onEngine(std::string_view content) {
  const auto fields = link::splitFields(content);
  unsigned port = 0;
  if (!plan_->engine || state_ != State::kStarting || fields.size() < 4 ||
      !Poco::NumberParser::tryParseUnsigned(std::string(fields[2]), port) || port > 65535) {
    return;
  }
  step_ = LaunchStep::kImport;
  waits_for_debugger_ = plan_->engine->wait;
  Engine engine;
  engine.name = log::printable(fields[0]);
  engine.version = log::printable(fields[1]);
  engine.port = static_cast<std::uint16_t>(port);
  engine.host = log::printable(fields[3]);
  engine.pid = pid();
  engine.python = python_version_;
  log::info(name() + ": " + engine.name + ' ' + engine.version + " is ready (" + interpreter_ +
            ')' +
            (waits_for_debugger_ ? "; the app's import waits for a debugger (debug.wait)" : ""));
  owner_.onWorkerEngine(*this, engine);
}

void WorkerProcess::onNoEngine(std::string_view content) {
  const auto fields = link::splitFields(content);
  if (fields.size() < 5) return;
  step_ = LaunchStep::kEngine;
  using Kind = EngineProblem::Kind;
  start_.engine.kind = fields[0] == "missing"  ? Kind::kMissing
                       : fields[0] == "unfit"  ? Kind::kUnfit
                       : fields[0] == "listen" ? Kind::kNoListen
                                               : Kind::kBroken;
  start_.engine.name = log::printable(fields[1]);
  start_.engine.version = log::printable(fields[2]);
  start_.engine.reason = fields[3];
  start_.engine.environment = log::printable(fields[4]);
}

void WorkerProcess::onSlotThread(std::string_view content) {
  const auto fields = link::splitFields(content);
  unsigned slot = 0;
  Poco::UInt64 thread = 0;
  if (fields.size() == 2 && Poco::NumberParser::tryParseUnsigned(std::string(fields[0]), slot) &&
      Poco::NumberParser::tryParseUnsigned64(std::string(fields[1]), thread)) {
    stack_question_->setSlotThread(slot, thread);
  }
}

void WorkerProcess::flushControl() {
  if (!control_watch_) return;
  // A broken connection shows itself by its end, in onControlReady().
  if (control_out_.flush(control_) != IoResult::Status::kOk) control_out_ = {};
  control_watch_->want(true, !control_out_.empty());
}

void WorkerProcess::onLine(const char* stream, std::string_view line) {
  const TaggedLine tagged = splitOutputTag(line, output_token_);
  const std::string_view request_id = tagged.found && tagged.slot < slots_.size()
                                          ? slots_[tagged.slot]->requestId(tagged.serial)
                                          : std::string_view();
  if (request_id.empty()) return say(stream, {}, line);
  if (!tagged.before.empty()) say(stream, {}, tagged.before);
  say(stream, request_id, tagged.text);
}

void WorkerProcess::say(const char* stream, std::string_view request_id, std::string_view line) {
  output_.add(request_id.empty()
                  ? std::string(line)
                  : "[request " + std::string(request_id) + "] " + std::string(line));
  if (!log::isEnabled(LogLevel::kInfo)) return;
  std::string text = name() + ' ' + stream;
  log::Fields fields{{"worker", pid()}, {"stream", stream}};
  if (!request_id.empty()) {
    text.append(" [request ").append(request_id).append("]");
    fields.emplace_back("request", request_id);
  }
  log::event(LogLevel::kInfo, text + ": " + log::printable(line), fields);
}

std::size_t WorkerProcess::busySlots() const {
  return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(),
                                                [](const auto& slot) { return !slot->isFree(); }));
}

bool WorkerProcess::hasFreeSlot() const {
  return state_ == State::kReady && !lost_slot_ &&
         std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->isFree(); });
}

void WorkerProcess::serve(std::shared_ptr<Request> request) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [](const auto& candidate) { return candidate->isFree(); });
  ++served_;
  request->trail.worker = pid();
  if (trace::isOn(trace::kWorker)) {
    traceState("serves request " + request->id + " in slot " +
               std::to_string(slot - slots_.begin()));
  }
  (*slot)->serve(std::move(request), plan_->request_timeout);
}

bool WorkerProcess::isRunningAny() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const auto& slot) { return slot->isRunning(); });
}

bool WorkerProcess::isSpent() const {
  return state_ == State::kEnded &&
         std::all_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->isLost(); });
}

void WorkerProcess::stop(std::chrono::milliseconds grace) {
  if (state_ == State::kEnded || state_ == State::kStopping) return;
  if (waits_for_debugger_) return kill();  // nothing of the app runs, and it hears nothing
  state_ = State::kStopping;
  ending_ = true;
  stack_question_->forget();
  if (trace::isOn(trace::kWorker)) {
    traceState("is told to end within " + std::to_string(grace.count()) + " ms");
  }
  control_watch_.reset();
  control_.close();
  for (const auto& slot : slots_) slot->close();
  grace_ = loop_.after(grace, [this] { process_->killTree(); });
}

void WorkerProcess::onSlotFree(WorkerSlot& slot) {
  if (trace::isOn(trace::kWorker)) {
    traceState("has slot " + std::to_string(slot.number()) + " free again");
  }
  if (state_ == State::kDraining) endIfDrained();
  owner_.onSlotFree(slot);
}

void WorkerProcess::onSlotLost(WorkerSlot& slot, std::string_view why) {
  if (!why.empty()) log::error(name() + ": sent " + std::string(why));
  if (state_ == State::kEnded) {
    slot.workerDied(death_);
    if (isSpent()) owner_.onWorkerSpent();
  } else if (state_ == State::kReady || state_ == State::kDraining) {
    if (std::exchange(lost_slot_, true)) return;
    death_check_ = loop_.after(kNewsOfDeath, [this] { checkDeath(kMaxDeathChecks); });
  }
}

void WorkerProcess::checkDeath(int checks_left) {
  if (process_->isEnding() && checks_left > 0) {
    death_check_ = loop_.after(kNewsOfDeath, [this, checks_left] { checkDeath(checks_left - 1); });
    return;
  }
  lost_slot_ = false;  // the next one is looked into as well
  failLostSlots(slotClosed(pid()));
  log::error(name() + ": closed its connection to the host without ending; it is replaced");
  beginDraining("it closed its connection to the host", true);
}

// --- draining ---

/// While it waits for a debugger, or is in its hands, time says nothing about the app.
bool WorkerProcess::isDebugged() const { return waits_for_debugger_ || attached_; }

void WorkerProcess::setAttached(bool attached) {
  if (attached) waits_for_debugger_ = false;
  if (!std::exchange(attached_, attached) || attached) return;
  started_ = now_();
  for (const auto& slot : slots_) slot->renewTime();
}

void WorkerProcess::setHeld(bool held) {
  if (std::exchange(held_, held) == held) return;
  if (trace::isOn(trace::kWorker)) traceState(held ? "is held" : "is held no longer");
  for (const auto& slot : slots_) slot->setHeld(held);
}

bool WorkerProcess::isSlowToStart() const {
  return state_ == State::kStarting && !isDebugged() && now_() - started_ > plan_->request_timeout;
}

void WorkerProcess::lookAtSlowStart() {
  const auto time = now_() - started_;
  if (isDebugged() || time < slow_start_ || stack_question_->isOpen()) return;
  slow_start_ *= 4;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  const std::string so_far = "after " + std::to_string(seconds) + " s";
  // Before that there is nobody who would answer.
  if (step_ < LaunchStep::kEngine) {
    return log::warning(name() + ": its interpreter has not started " + so_far);
  }
  stack_question_->askInterpreter((step_ == LaunchStep::kEngine
                                       ? "its debugger's engine was still being started "
                                       : "the app was still being imported ") +
                                  so_far);
}

void WorkerProcess::checkDeadlines() {
  if (state_ == State::kStarting) return lookAtSlowStart();
  if (held_) return;
  const std::chrono::milliseconds limit = plan_->request_timeout;
  bool hopeless = false;
  for (const auto& slot : slots_) {
    const auto overdue = slot->checkDeadline();
    if (overdue == WorkerSlot::Overdue::kNot) continue;
    if (overdue == WorkerSlot::Overdue::kClient) {
      slot->giveUpOverdue(bodyMissing(limit), false);
      slot->letGo();
      continue;
    }
    const bool apps_fault = overdue == WorkerSlot::Overdue::kApp && !attached_;
    const bool waited_for = slot->isWaitedFor();
    if (attached_ && !waited_for) continue;
    stack_question_->ask(slot->servedRequest() + " timed out", servedRequests());
    slot->giveUpOverdue(waited_for ? timedOut(limit, slot->wasHeld()) : busyForNobody(limit),
                        apps_fault);
    hopeless = hopeless || apps_fault;
  }
  if (hopeless) beginDraining("a request timed out in it", true);
}

void WorkerProcess::drain(const std::string& why) {
  if (state_ == State::kReady) beginDraining(why, false);
}

void WorkerProcess::replace(const std::string& why, std::chrono::milliseconds limit) {
  if (state_ == State::kStarting) return kill();
  if (state_ != State::kReady && state_ != State::kDraining) return;
  traceControl("->", link::kLetGo, 0);
  appendRecord(control_out_.tail(), link::kLetGo, 0, {});
  flushControl();
  beginDraining(why, true);
  if (state_ == State::kDraining) grace_ = loop_.after(limit, [this] { cutDraining(); });
}

void WorkerProcess::beginDraining(const std::string& why, bool broken) {
  if (state_ != State::kReady && state_ != State::kDraining) return;
  broken_ = broken_ || broken;
  if (std::exchange(state_, State::kDraining) == State::kReady) {
    why_drained_ = why;
    log::info(name() + ": takes no more requests: " + why);
    draining_since_ = now_();
    grace_ = loop_.after(plan_->drain_timeout, [this] { cutDraining(); });
    owner_.onWorkerDraining(*this);
  }
  endIfDrained();
}

void WorkerProcess::cutDraining() {
  if (state_ != State::kDraining || std::exchange(drain_over_, true)) return;
  if (isRunningAny()) {
    log::warning(name() + ": what still runs in it is cut, its time to finish is over");
  }
  if (!stack_question_->isOpen()) endDraining();
}

void WorkerProcess::endIfDrained() {
  // How lost ones ended is still being looked into.
  if (isRunningAny() || lost_slot_ || stack_question_->isOpen()) return;
  if (state_ == State::kDraining) endDraining();
}

void WorkerProcess::endDraining() {
  drained_ = true;
  // A broken one would not answer to anything milder.
  broken_ ? kill() : stop();
}

void WorkerProcess::kill() {
  if (state_ == State::kEnded) return;
  state_ = State::kStopping;
  ending_ = true;
  process_->killTree();
}

// --- stacks ---

SlotRequests WorkerProcess::servedRequests() const {
  SlotRequests requests;
  for (const auto& slot : slots_) requests.push_back(slot->servedRequest());
  return requests;
}

void WorkerProcess::onStacks(const std::string& title, const std::string& text) {
  const std::string what = name() + ": what its threads were doing when " + title;
  log::event(LogLevel::kError,
             text.empty() ? what + " cannot be told: it does not react to anything"
                          : what + log::indented(text),
             {{"worker", pid()}});
  // Only now: what they were doing would have been something else.
  for (const auto& slot : slots_) slot->letGo();
  if (drain_over_) return endDraining();
  endIfDrained();
}

void WorkerProcess::failLostSlots(const Failure& failure) {
  for (const auto& slot : slots_) {
    if (slot->isLost()) slot->workerDied(failure);
  }
}

void WorkerProcess::abortRequest(const WorkerSlot& slot, std::uint16_t serial) {
  const char number[2] = {static_cast<char>(slot.number() >> 8), static_cast<char>(slot.number())};
  traceControl("->", link::kAbort, sizeof number);
  appendRecord(control_out_.tail(), link::kAbort, serial, {number, sizeof number});
  flushControl();
}

void WorkerProcess::onEnd(const ProcessEnd& end) {
  last_pid_ = process_->pid();
  if (trace::isOn(trace::kWorker)) traceState("ended: " + end.describe());
  // What it said last explains most.
  if (control_watch_) onControlReady({true, false, false});
  standard_output_->finish();
  standard_error_->finish();
  const State before = std::exchange(state_, State::kEnded);
  const std::vector<std::string> lines(output_.lines().begin(), output_.lines().end());
  grace_.cancel();
  death_check_.cancel();
  stack_question_->forget();
  control_watch_.reset();
  control_.close();
  if (before == State::kStarting) {
    start_.step = end.started ? std::max(step_, LaunchStep::kInterpreter) : LaunchStep::kProcess;
    start_.end = end;
    start_.output = lines;
    return owner_.onWorkerFailed(*this, start_);
  }
  if (ending_) {
    log::info(name() + ": stopped (" + end.describe() + ")");
  } else {
    log::error(name() + ": died: " + end.describe());
  }
  const std::string stacks = stack_question_->lastWords(servedRequests());
  death_ = !ending_   ? workerDied(last_pid_, end.describe(), lines, end.signal == 0 ? "" : stacks)
           : drained_ ? workerReplaced(why_drained_)
                      : stoppedBeforeItsEnd();
  failLostSlots(death_);
  owner_.onWorkerEnded(*this);
}

WorkerReport WorkerProcess::report() const {
  using namespace std::chrono;
  WorkerReport report;
  report.pid = pid();
  report.state = state_ == State::kStarting   ? WorkerReport::State::kStarting
                 : state_ == State::kReady    ? WorkerReport::State::kReady
                 : state_ == State::kDraining ? WorkerReport::State::kDraining
                                              : WorkerReport::State::kStopping;
  report.why = why_drained_;
  report.generation = generation_;
  report.requests = served_;
  report.memory_bytes = memoryBytes();
  report.age = duration_cast<milliseconds>(now_() - started_);
  for (const auto& slot : slots_) report.slots.push_back(slot->report());
  return report;
}

void WorkerProcess::traceState(const std::string& what) const {
  trace::say(trace::kWorker, name() + ' ' + what);
}

void WorkerProcess::traceControl(const char* way, std::uint8_t type, std::size_t bytes) const {
  if (!trace::isOn(trace::kLink)) return;
  trace::say(trace::kLink, name() + " control " + way + ' ' + link::controlFrameName(type) + ", " +
                               std::to_string(bytes) + " bytes");
}

std::string WorkerProcess::name() const {
  return (plan_->engine ? "debug lane " : "worker ") + std::to_string(pid());
}

}  // namespace holdfast
