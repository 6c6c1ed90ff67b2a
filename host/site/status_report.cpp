#include "host/site/status_report.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "proxy/hold_json.h"

namespace holdfast {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;
using std::chrono::system_clock;

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kPathBytes = 300;
constexpr std::size_t kTextBytes = 1000;
/// Of the traceback and the output of a worker that did not start: its last lines say most.
constexpr std::size_t kDetailLines = 60;

Object::Ptr newObject() { return new Object(Poco::JSON_PRESERVE_KEY_ORDER); }

std::string shown(std::string_view text) { return shownText(text, kTextBytes); }

template <typename Duration>
std::int64_t wholeSeconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

const char* nameOf(SlotReport::Doing doing) {
  switch (doing) {
    case SlotReport::Doing::kIdle:
      return "idle";
    case SlotReport::Doing::kApp:
      return "app";
    case SlotReport::Doing::kTaking:
      return "client_takes_answer";
    case SlotReport::Doing::kTimedOut:
      return "timed_out";
  }
  return "";
}

const char* nameOf(WorkerReport::State state) {
  switch (state) {
    case WorkerReport::State::kStarting:
      return "starting";
    case WorkerReport::State::kReady:
      return "ready";
    case WorkerReport::State::kDraining:
      return "draining";
    case WorkerReport::State::kStopping:
      return "stopping";
  }
  return "";
}

Array::Ptr detailLines(const std::string& detail, const Redaction& redaction) {
  std::vector<std::string> lines;
  std::istringstream stream(redaction.apply(detail));
  for (std::string line; std::getline(stream, line);) lines.push_back(shown(line));
  const std::size_t left_out = lines.size() - std::min(lines.size(), kDetailLines);
  Array::Ptr array = new Array;
  for (std::size_t i = left_out; i < lines.size(); ++i) array->add(lines[i]);
  return array;
}

Object::Ptr failureObject(const Failure& failure, const Redaction& redaction) {
  Object::Ptr object = newObject();
  const std::string& cause = failure.exact.empty() ? failure.cause : failure.exact;
  object->set("title", shown(failure.title));
  object->set("cause", shown(redaction.apply(cause)));
  object->set("remedy", shown(redaction.apply(failure.remedy)));
  object->set("detail", detailLines(failure.detail(), redaction));
  return object;
}

Object::Ptr slotObject(const SlotReport& slot, std::size_t number) {
  Object::Ptr object = newObject();
  object->set("slot", number);
  object->set("doing", nameOf(slot.doing));
  object->set("since_ms", slot.since.count());
  object->set("method", shownText(slot.method, kNameBytes));
  object->set("path", shownText(pathOf(slot.uri), kPathBytes));
  object->set("request_id", shownText(slot.request_id, kNameBytes));
  return object;
}

/// \param slots_left  that may still be listed
Object::Ptr workerObject(const WorkerReport& worker, std::size_t& slots_left) {
  Array::Ptr busy_slots = new Array;
  std::size_t busy = 0;
  for (std::size_t i = 0; i < worker.slots.size(); ++i) {
    if (worker.slots[i].doing == SlotReport::Doing::kIdle) continue;
    ++busy;
    if (slots_left == 0) continue;
    --slots_left;
    busy_slots->add(slotObject(worker.slots[i], i));
  }
  Object::Ptr object = newObject();
  object->set("pid", worker.pid);
  object->set("state", nameOf(worker.state));
  if (!worker.why.empty()) object->set("why", shown(worker.why));
  object->set("generation", worker.generation);
  object->set("requests", worker.requests);
  object->set("memory_bytes", worker.memory_bytes);
  object->set("age_s", wholeSeconds(worker.age));
  object->set("slots", worker.slots.size());
  object->set("busy", busy);
  object->set("busy_slots", busy_slots);
  return object;
}

Array::Ptr workersArray(const std::vector<WorkerReport>& workers) {
  std::size_t slots_left = kMostSlots;
  Array::Ptr array = new Array;
  for (const WorkerReport& worker : workers) array->add(workerObject(worker, slots_left));
  return array;
}

const char* nameOf(DebugReport::State state) {
  switch (state) {
    case DebugReport::State::kOff:
      return "off";
    case DebugReport::State::kStarting:
      return "starting";
    case DebugReport::State::kReady:
      return "ready";
    case DebugReport::State::kFailed:
      return "failed";
    case DebugReport::State::kExpired:
      return "expired";
  }
  return "";
}

Object::Ptr debugObject(const DebugReport& debug, const Redaction& redaction) {
  Object::Ptr object = newObject();
  object->set("state", nameOf(debug.state));
  if (debug.state == DebugReport::State::kOff) return object;
  object->set("path", shown(debug.path));
  object->set("engine", shown(debug.engine));
  object->set("import_waits", debug.import_waits);
  if (!debug.problem.empty()) object->set("problem", shown(redaction.apply(debug.problem)));
  object->set("lane", workersArray(debug.lane.workers));
  object->set("waiting", debug.lane.waiting);
  if (debug.session) {
    Object::Ptr session = newObject();
    session->set("client", shown(debug.session->client));
    session->set("name", shown(debug.session->name));
    session->set("since_s", wholeSeconds(debug.session->since));
    object->set("session", session);
  }
  proxy::setHolds(*object, debug.holds, debug.now);
  return object;
}

/// \param seconds  that the counts are of
Object::Ptr countsObject(const RequestCounts& counts, double seconds) {
  static constexpr const char* kNames[] = {"unanswered", "1xx", "2xx", "3xx", "4xx", "5xx"};
  Object::Ptr object = newObject();
  object->set("requests", counts.all);
  object->set("per_second", static_cast<double>(counts.all) / std::max(seconds, 1.0));
  for (std::size_t i = 0; i < counts.by_class.size(); ++i) {
    object->set(kNames[i], counts.by_class[i]);
  }
  return object;
}

Object::Ptr timesObject(const TimeSummary& times) {
  Object::Ptr object = newObject();
  object->set("median", milliseconds(times.median));
  object->set("p95", milliseconds(times.p95));
  object->set("max", milliseconds(times.largest));
  return object;
}

Object::Ptr requestsObject(const StatusReport& report) {
  const RequestStatsReport& requests = report.requests;
  const double seconds = std::chrono::duration<double>(report.uptime).count();
  Object::Ptr times = newObject();
  times->set("requests", requests.timed);
  times->set("queue", timesObject(requests.queued));
  times->set("app", timesObject(requests.in_app));
  times->set("sending", timesObject(requests.sending));
  Object::Ptr object = newObject();
  object->set("all", requests.all);
  object->set("in_progress", report.in_progress);
  object->set("last_second", countsObject(requests.last_second, 1));
  object->set("last_minute", countsObject(requests.last_minute, std::min(seconds, 60.0)));
  object->set("last_15_minutes", countsObject(requests.last_quarter, std::min(seconds, 900.0)));
  object->set("times_of_last_minute_ms", times);
  return object;
}

Object::Ptr queueObject(const PoolReport& pool) {
  Object::Ptr object = newObject();
  object->set("waiting", pool.waiting);
  object->set("limit", pool.queue_limit);
  object->set("longest_wait_ms", pool.longest_wait.count());
  return object;
}

Array::Ptr errorsArray(const std::deque<RecentError>& errors, system_clock::time_point now) {
  Array::Ptr array = new Array;
  for (const RecentError& error : errors) {
    const auto since_epoch = error.time.time_since_epoch();
    const Poco::Timestamp time(
        std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count());
    Object::Ptr object = newObject();
    object->set("time", Poco::DateTimeFormatter::format(time, "%Y-%m-%dT%H:%M:%S.%iZ"));
    object->set("ago_s", std::max<std::int64_t>(wholeSeconds(now - error.time), 0));
    object->set("times", error.times);
    object->set("request_id", error.request_id);
    object->set("method", error.method);
    object->set("path", error.path);
    object->set("status", error.status);
    object->set("title", error.title);
    object->set("cause", error.cause);
    array->add(object);
  }
  return array;
}

Array::Ptr settingsArray(const std::vector<SettingOrigin>& settings, const Redaction& redaction) {
  Array::Ptr array = new Array;
  for (const SettingOrigin& origin : settings) {
    // Its folders are the only value that is made of variables.
    const bool expanded = origin.key == "app.pythonpath";
    Object::Ptr object = newObject();
    object->set("key", origin.key);
    object->set("value", shown(expanded ? redaction.apply(origin.value) : origin.value));
    object->set("source", shown(origin.source));
    array->add(object);
  }
  return array;
}

Array::Ptr variablesArray(const std::vector<VariableOrigin>& variables) {
  Array::Ptr array = new Array;
  for (const VariableOrigin& variable : variables) {
    Object::Ptr object = newObject();
    object->set("name", shown(variable.name));
    object->set("source", shown(variable.source));
    array->add(object);
  }
  return array;
}

}  // namespace

std::string statusJson(const StatusReport& report, const Redaction& redaction,
                       system_clock::time_point now) {
  const PoolReport& pool = report.pool;
  Array::Ptr listeners = new Array;
  for (const std::string& name : report.listeners) listeners->add(shown(name));
  Array::Ptr troubles = new Array;
  for (const std::string& trouble : report.troubles) troubles->add(shown(trouble));
  Array::Ptr problems = new Array;
  for (const std::string& problem : report.settings_problems) {
    problems->add(shown(redaction.apply(problem)));
  }
  Object::Ptr object = newObject();
  object->set("version", report.version);
  object->set("pid", report.pid);
  object->set("state", report.stopping ? "stopping" : "serving");
  object->set("reloading", pool.reloading);
  if (pool.start_failure) {
    object->set("start_failure", failureObject(*pool.start_failure, redaction));
  }
  object->set("troubles", troubles);
  object->set("settings_problems", problems);
  object->set("app_root", shown(report.app_root));
  object->set("handler", shown(report.handler));
  object->set("listeners", listeners);
  object->set("uptime_s", wholeSeconds(report.uptime));
  object->set("wanted_workers", pool.wanted_workers);
  object->set("workers", workersArray(pool.workers));
  object->set("debug", debugObject(report.debug, redaction));
  object->set("queue", queueObject(pool));
  object->set("requests", requestsObject(report));
  object->set("errors", errorsArray(report.errors, now));
  object->set("settings", settingsArray(report.settings, redaction));
  object->set("variables", variablesArray(report.variables));
  std::ostringstream text;
  object->stringify(text);
  return text.str();
}

}  // namespace holdfast
