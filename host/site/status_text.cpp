#include "host/site/status_text.h"

#include <Poco/JSON/Array.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iomanip>
#include <sstream>
#include <vector>

#include "host/site/shown_text.h"
#include "proxy/hold_json.h"
#include "proxy/hold_words.h"

namespace holdfast {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::size_t kColumns = 100;
constexpr std::size_t kMostSlotsShown = 8;  ///< of one worker
constexpr std::size_t kMostErrorsShown = 5;
constexpr std::size_t kMostDetailLines = 30;

// --- out of the document ---

std::string text(const Object& object, const char* key) {
  return shownText(object.optValue<std::string>(key, ""), 4096);
}

std::uint64_t number(const Object& object, const char* key) {
  return object.optValue<std::uint64_t>(key, 0);
}

Object part(const Object& object, const char* key) {
  const Object::Ptr found = object.isObject(key) ? object.getObject(key) : Object::Ptr();
  return found ? *found : Object();
}

Array list(const Object& object, const char* key) {
  const Array::Ptr found = object.isArray(key) ? object.getArray(key) : Array::Ptr();
  return found ? *found : Array();
}

std::vector<Object::Ptr> objects(const Object& object, const char* key) {
  std::vector<Object::Ptr> found;
  const Array array = list(object, key);
  for (unsigned i = 0; i < array.size(); ++i) {
    if (const Object::Ptr element = array.getObject(i)) found.push_back(element);
  }
  return found;
}

std::vector<std::string> texts(const Object& object, const char* key) {
  std::vector<std::string> found;
  const Array array = list(object, key);
  for (unsigned i = 0; i < array.size(); ++i) {
    found.push_back(shownText(array.optElement<std::string>(i, ""), 4096));
  }
  return found;
}

// --- words ---

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

/// The two largest units: `3 h 12 min`.
std::string secondsText(std::uint64_t seconds) {
  struct Unit {
    std::uint64_t seconds;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
  for (std::size_t i = 0; i + 1 < std::size(kUnits); ++i) {
    if (seconds < kUnits[i].seconds) continue;
    const std::uint64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    std::string out = std::to_string(seconds / kUnits[i].seconds) + kUnits[i].name;
    return rest == 0 ? out : out + ' ' + std::to_string(rest) + kUnits[i + 1].name;
  }
  return std::to_string(seconds) + " s";
}

std::string millisecondsText(double milliseconds) {
  if (milliseconds < 10) return fixed(milliseconds, milliseconds == 0 ? 0 : 1) + " ms";
  if (milliseconds < 1000) return fixed(milliseconds, 0) + " ms";
  if (milliseconds < 60'000) return fixed(milliseconds / 1000, 1) + " s";
  return secondsText(static_cast<std::uint64_t>(milliseconds / 1000));
}

std::string memoryText(std::uint64_t bytes) {
  if (bytes == 0) return "?";
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  if (mebibytes < 1000) return fixed(mebibytes, 0) + " MiB";
  return fixed(mebibytes / 1024, 1) + " GiB";
}

/// Words in lines of kColumns, each behind `indent`.
std::string wrapped(const std::string& words, const std::string& indent) {
  std::istringstream in(words);
  std::string out;
  std::string line = indent;
  for (std::string word; in >> word;) {
    if (line.size() > indent.size() && line.size() + 1 + word.size() > kColumns) {
      out += line + '\n';
      line = indent;
    }
    line += (line.size() > indent.size() ? " " : "") + word;
  }
  return out + line + '\n';
}

std::string line(const std::string& words) { return shownText(words, kColumns) + '\n'; }

/// A row of a table: each column but the last one padded to its width.
std::string row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += cells[i];
    if (i + 1 < cells.size())
      out += std::string(widths[i] - std::min(widths[i], cells[i].size()), ' ');
  }
  return line(out);
}

// --- the parts ---

std::string headText(const Object& host) {
  std::string out = "Holdfast " + text(host, "version") + ", pid " + text(host, "pid");
  if (host.has("user")) out += ", user " + text(host, "user");
  out += ", up " + secondsText(number(host, "uptime_s")) + '\n';
  out += "  serves     " + text(host, "handler") + " in " + text(host, "app_root") + '\n';
  const char* label = "  listens on ";
  for (const std::string& listener : texts(host, "listeners")) {
    out += label + listener + '\n';
    label = "             ";
  }
  return out;
}

std::string troubleText(const Object& host) {
  std::string out;
  const std::vector<Object::Ptr> workers = objects(host, "workers");
  const bool any_ready = std::any_of(workers.begin(), workers.end(), [](const Object::Ptr& worker) {
    return text(*worker, "state") == "ready";
  });
  for (const std::string& trouble : texts(host, "troubles")) {
    out += '\n' + wrapped("!!! " + trouble, "");
  }
  const std::vector<std::string> problems = texts(host, "settings_problems");
  if (!problems.empty()) {
    out += "\n!!! THE CHANGED SETTINGS ARE WRONG; those from before are in effect.\n";
    for (const std::string& problem : problems) out += wrapped(problem, "    ");
  }
  if (host.has("start_failure")) {
    const Object failure = part(host, "start_failure");
    out += any_ready
               ? "\n!!! NEW WORKERS DO NOT START; those below go on with the code that they have.\n"
               : "\n!!! THE APP DOES NOT START; requests are answered with an error page.\n";
    out += wrapped(text(failure, "title") + ": " + text(failure, "cause"), "    ");
    out += wrapped(text(failure, "remedy"), "    ");
    const std::vector<std::string> detail = texts(failure, "detail");
    const std::size_t first = detail.size() - std::min(detail.size(), kMostDetailLines);
    if (first > 0) out += "    | ... (all of it is in the log)\n";
    for (std::size_t i = first; i < detail.size(); ++i) out += line("    | " + detail[i]);
  } else if (!any_ready && text(host, "state") == "serving") {
    out += "\n! No worker is ready yet: requests wait.\n";
  }
  if (host.optValue<bool>("reloading", false)) {
    out += "\n! Reloading: new workers are being started to take the place of the old ones.\n";
  }
  if (text(host, "state") == "stopping") {
    out += "\n! Stopping: it finishes what runs and takes no new requests.\n";
  }
  return out;
}

std::string timesText(const Object& requests) {
  const Object times = part(requests, "times_of_last_minute_ms");
  if (number(times, "requests") == 0) return {};
  const std::vector<std::size_t> widths{2, 15, 10, 10};
  std::string out = "\n" + row({"", "last minute", "MEDIAN", "95 %", "LONGEST"}, widths);
  for (const auto& [key, label] :
       {std::pair("queue", "in the queue"), std::pair("app", "in the app"),
        std::pair("sending", "being sent")}) {
    const Object time = part(times, key);
    std::vector<std::string> cells{"", label};
    for (const char* which : {"median", "p95", "max"}) {
      cells.push_back(millisecondsText(time.optValue<double>(which, 0)));
    }
    out += row(cells, widths);
  }
  return out;
}

std::string requestsText(const Object& host) {
  const Object requests = part(host, "requests");
  const std::vector<std::size_t> widths{2, 15, 10, 10, 10, 10, 10, 10};
  std::string out = "\nRequests   " + text(requests, "all") + " finished since the start, " +
                    text(part(requests, "last_second"), "requests") +
                    " of them in the last second; " + text(requests, "in_progress") +
                    " in progress\n";
  out += row({"", "", "PER S", "ALL", "2XX", "3XX", "4XX", "5XX", "NO ANSWER"}, widths);
  for (const auto& [key, label] :
       {std::pair("last_minute", "last minute"), std::pair("last_15_minutes", "last 15 min")}) {
    const Object counts = part(requests, key);
    std::vector<std::string> cells{"", label, fixed(counts.optValue<double>("per_second", 0), 1)};
    for (const char* which : {"requests", "2xx", "3xx", "4xx", "5xx", "unanswered"}) {
      cells.push_back(text(counts, which));
    }
    out += row(cells, widths);
  }
  return out + timesText(requests);
}

std::string queueText(const Object& host) {
  const Object queue = part(host, "queue");
  const std::uint64_t waiting = number(queue, "waiting");
  const std::uint64_t limit = number(queue, "limit");
  std::string out =
      "\nQueue      " + std::to_string(waiting) + " waiting, at most " + std::to_string(limit);
  if (waiting > 0) {
    out += ", the first for " + millisecondsText(queue.optValue<double>("longest_wait_ms", 0));
  }
  if (waiting >= limit && limit > 0) out += ": FULL, new requests get 503";
  return out + '\n';
}

std::string doingText(const Object& slot) {
  const std::string doing = text(slot, "doing");
  const std::string since = millisecondsText(slot.optValue<double>("since_ms", 0));
  if (doing == "app") return "in the app for " + since;
  if (doing == "client_takes_answer") return "client slow for " + since;
  if (doing == "timed_out") return "TIMED OUT, for " + since;
  return doing + " for " + since;
}

const std::vector<std::size_t> kWorkerColumns{2, 9, 11, 5, 11, 11, 16};

std::string workerText(const Object& worker) {
  std::string out = row({"", text(worker, "pid"), text(worker, "state"), text(worker, "generation"),
                         text(worker, "requests"), memoryText(number(worker, "memory_bytes")),
                         secondsText(number(worker, "age_s")),
                         text(worker, "busy") + " of " + text(worker, "slots") + " slots"},
                        kWorkerColumns);
  if (worker.has("why")) out += line("           because " + text(worker, "why"));
  std::vector<Object::Ptr> slots = objects(worker, "busy_slots");
  std::stable_sort(slots.begin(), slots.end(),
                   [](const Object::Ptr& one, const Object::Ptr& other) {
                     return number(*one, "since_ms") > number(*other, "since_ms");
                   });
  const std::size_t shown = std::min(slots.size(), kMostSlotsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    out += row({"", doingText(*slots[i]), text(*slots[i], "request_id"),
                text(*slots[i], "method") + ' ' + text(*slots[i], "path")},
               {11, 25, 18});
  }
  const std::uint64_t rest =
      number(worker, "busy") - std::min<std::uint64_t>(number(worker, "busy"), shown);
  if (rest > 0) out += "           and " + std::to_string(rest) + " more\n";
  return out;
}

std::string workersTable(const std::vector<Object::Ptr>& workers) {
  if (workers.empty()) return {};
  std::string out =
      row({"", "PID", "STATE", "GEN", "REQUESTS", "MEMORY", "AGE", "BUSY"}, kWorkerColumns);
  for (const Object::Ptr& worker : workers) out += workerText(*worker);
  return out;
}

std::string workersText(const Object& host) {
  const std::vector<Object::Ptr> workers = objects(host, "workers");
  const auto ready = std::count_if(workers.begin(), workers.end(), [](const Object::Ptr& worker) {
    return text(*worker, "state") == "ready";
  });
  return "\nWorkers    " + std::to_string(ready) + " ready of " + text(host, "wanted_workers") +
         '\n' + workersTable(workers);
}

constexpr std::size_t kPathColumns = 60;

std::string heldRequestText(const proxy::HeldRequestReport& request) {
  const std::string what = shownText(request.id, kPathColumns) + ' ' +
                           shownText(request.method + ' ' + request.path, kPathColumns);
  return wrapped("request " + what + ", for " +
                     millisecondsText(static_cast<double>(request.age.count())) + ": " +
                     shownText(proxy::patienceText(request), kColumns * 2),
                 "      ");
}

/// Nothing where nothing is held, and nobody waits any more for what was.
std::string holdsText(const Object& debug) {
  const auto now = std::chrono::steady_clock::time_point();
  const proxy::HoldReport holds = proxy::readHolds(debug, now);
  std::string out;
  if (holds.hold) {
    const bool known = holds.hold->kind == proxy::Hold::Kind::kHeld;
    const std::string place = proxy::placeText(*holds.hold);
    const auto time = std::chrono::duration<double, std::milli>(now - holds.hold->since);
    out = line(std::string(known ? "    held " : "    may be held ") +
               millisecondsText(time.count()) + (place.empty() ? "" : " at " + place));
  }
  const std::size_t shown = std::min(holds.requests.size(), kMostSlotsShown);
  for (std::size_t i = 0; i < shown; ++i) out += heldRequestText(holds.requests[i]);
  const std::size_t rest = holds.requests.size() - shown;
  if (rest > 0) out += "      and " + std::to_string(rest) + " more\n";
  return out;
}

/// Nothing where debugging is off.
std::string debugText(const Object& host) {
  const Object debug = part(host, "debug");
  const std::string state = text(debug, "state");
  if (state.empty() || state == "off") return {};
  std::string out = "\nDebugging  " + text(debug, "path") + ": ";
  const Object session = part(debug, "session");
  if (state == "expired") {
    return out + "its time is over (debug.expires): start the host anew, or change the secret\n";
  }
  const std::string problem = text(debug, "problem");
  if (state == "failed") return out + "!!! IT DOES NOT WORK\n" + wrapped(problem, "    ");
  if (state == "starting") out += "the debugged worker is being started";
  if (state == "ready") out += text(debug, "engine") + ", ";
  if (state == "ready" && session.size() == 0) out += "nobody is attached";
  if (debug.optValue<bool>("import_waits", false)) {
    out += ":\n    the import of the app waits for a debugger, as debug.wait says";
  }
  if (session.size() > 0) {
    const std::string name = text(session, "name");
    out += "attached: " + (name.empty() ? "a debugger" : name) + " from " +
           text(session, "client") + ", for " + secondsText(number(session, "since_s"));
  }
  out += '\n' + holdsText(debug);
  if (!problem.empty()) {
    out += "!!! IT DOES NOT START ANEW; the worker below has older code or settings\n" +
           wrapped(problem, "    ");
  }
  return out + workersTable(objects(debug, "lane"));
}

std::string errorText(const Object& error) {
  std::string what = "  " + secondsText(number(error, "ago_s")) + " ago";
  if (const std::uint64_t times = number(error, "times"); times > 1) {
    what += ", " + std::to_string(times) + " times";
  }
  if (const std::string id = text(error, "request_id"); !id.empty()) {
    what += ", request " + id + ": " + text(error, "method") + ' ' + text(error, "path");
  } else {
    what += ", when a worker was started";
  }
  const std::string cause = text(error, "title") + ": " + text(error, "cause");
  return line(what) + wrapped(shownText(cause, 300), "      ");
}

std::string errorsText(const Object& host) {
  const std::vector<Object::Ptr> errors = objects(host, "errors");
  if (errors.empty()) return "\nErrors     none\n";
  const std::size_t shown = std::min(errors.size(), kMostErrorsShown);
  std::string out = "\nErrors     newest first";
  if (errors.size() > shown)
    out += ", the last " + std::to_string(shown) + " of " + std::to_string(errors.size()) +
           " (--json has all)";
  out += '\n';
  for (std::size_t i = 0; i < shown; ++i) out += errorText(*errors[i]);
  return out;
}

std::string settingsText(const Object& host) {
  std::string out;
  for (const Object::Ptr& setting : objects(host, "settings")) {
    const std::string source = text(*setting, "source");
    if (source == "default") continue;
    out += "  " + text(*setting, "key") + " = " + text(*setting, "value") + "  (" + source + ")\n";
  }
  for (const Object::Ptr& variable : objects(host, "variables")) {
    out += "  variable " + text(*variable, "name") + "  (" + text(*variable, "source") + ")\n";
  }
  return out.empty() ? out : "\nSettings   that are not defaults\n" + out;
}

}  // namespace

std::string statusText(const Object& host) {
  return headText(host) + troubleText(host) + workersText(host) + debugText(host) +
         queueText(host) + requestsText(host) + errorsText(host) + settingsText(host);
}

}  // namespace holdfast
