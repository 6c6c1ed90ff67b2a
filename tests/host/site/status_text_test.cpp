#include "host/site/status_text.h"

#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "host/site/status_report.h"

namespace holdfast {
namespace {

Failure failureOf(const std::string& cause, const std::string& exact, const std::string& remedy,
                  const std::string& detail) {
  Failure failure;
  failure.title = "Title";
  failure.cause = cause;
  failure.exact = exact;
  failure.remedy = remedy;
  failure.parts = {{FailurePart::Kind::kTraceback, "", detail}};
  return failure;
}

using namespace std::chrono_literals;
using Poco::JSON::Object;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string textOf(const std::string& json) {
  return statusText(*Poco::JSON::Parser().parse(json).extract<Object::Ptr>());
}

std::string textOf(const StatusReport& report) {
  return textOf(statusJson(report, Redaction({}), std::chrono::system_clock::time_point(100s)));
}

WorkerReport readyWorker(std::vector<SlotReport> slots = {}) {
  WorkerReport worker;
  worker.pid = 4711;
  worker.state = WorkerReport::State::kReady;
  worker.memory_bytes = 45 << 20;
  worker.age = 3h + 12min + 5s;
  worker.slots = std::move(slots);
  return worker;
}

TEST(StatusText, ShowsWhoServesWhat) {
  StatusReport report;
  report.version = "1.2.3";
  report.pid = 99;
  report.handler = "site.app";
  report.app_root = "/srv/site";
  report.listeners = {"unix:/s", "http://127.0.0.1:8000/"};
  report.uptime = 26h;
  EXPECT_THAT(
      textOf(report),
      AllOf(HasSubstr("Holdfast 1.2.3, pid 99, up 1 d 2 h\n"), HasSubstr("site.app in /srv/site"),
            HasSubstr("listens on unix:/s\n"), HasSubstr("  http://127.0.0.1:8000/\n")));
}

TEST(StatusText, ShowsWorkersAndTheLongestSlotsFirst) {
  StatusReport report;
  report.pool.wanted_workers = 2;
  report.pool.workers = {readyWorker({
      {},
      {SlotReport::Doing::kApp, "id-1", "GET", "/quick", 20ms},
      {SlotReport::Doing::kTaking, "id-2", "GET", "/big", 3s},
      {SlotReport::Doing::kTimedOut, "id-3", "POST", "/hangs", 95s},
  })};
  const std::string text = textOf(report);
  EXPECT_THAT(text, AllOf(HasSubstr("1 ready of 2"), HasSubstr("4711"), HasSubstr("45 MiB"),
                          HasSubstr("3 h 12 min"), HasSubstr("3 of 4 slots"),
                          HasSubstr("in the app for 20 ms"), HasSubstr("client slow for 3.0 s"),
                          HasSubstr("TIMED OUT, for 1 min 35 s"), HasSubstr("GET /quick")));
  EXPECT_LT(text.find("/hangs"), text.find("/big"));
  EXPECT_LT(text.find("/big"), text.find("/quick"));
}

DebugReport debugReport(DebugReport::State state) {
  DebugReport debug;
  debug.state = state;
  debug.engine = "debugpy 1.8.22";
  debug.path = "/ptvsd";
  return debug;
}

TEST(StatusText, SaysNothingOfDebuggingThatIsOff) {
  EXPECT_THAT(textOf(StatusReport()), Not(HasSubstr("Debugging")));
}

TEST(StatusText, ShowsTheLaneAndWhoIsAttached) {
  StatusReport report;
  report.debug = debugReport(DebugReport::State::kReady);
  EXPECT_THAT(textOf(report), HasSubstr("Debugging  /ptvsd: debugpy 1.8.22, nobody is attached\n"));
  report.debug.lane.workers = {readyWorker()};
  report.debug.session = {"192.0.2.7", "Visual Studio Code", 130s};
  EXPECT_THAT(textOf(report),
              AllOf(HasSubstr("attached: Visual Studio Code from 192.0.2.7, for 2 min 10 s\n"),
                    HasSubstr("  4711")));
}

TEST(StatusText, SaysWhatIsHeldAndWhoWaitsForIt) {
  StatusReport report;
  report.debug = debugReport(DebugReport::State::kReady);
  report.debug.session = {"192.0.2.7", "VS Code", 130s};
  EXPECT_THAT(textOf(report), Not(HasSubstr("held")));
  report.debug.now += 100s;
  report.debug.holds.hold = proxy::Hold();
  proxy::Hold& hold = *report.debug.holds.hold;
  hold.since = report.debug.now - 63s;
  EXPECT_THAT(textOf(report), HasSubstr("for 2 min 10 s\n    held 1 min 3 s\n"));
  hold.file = "/srv/site/views.py";
  hold.line = 42;
  hold.function = "view";
  hold.thread = "GET /x";
  proxy::HeldRequestReport request;
  request.id = "3f2a1-00002c";
  request.method = "GET";
  request.path = "/x";
  request.age = 64s;
  request.keeper = "hop";
  request.front_end = "nginx";
  request.limit = 60s;
  request.left = 34s;
  report.debug.holds.requests = {request};
  EXPECT_THAT(
      textOf(report),
      HasSubstr("    held 1 min 3 s at /srv/site/views.py:42 in view (GET /x)\n"
                "      request 3f2a1-00002c GET /x, for 1 min 4 s: kept by hop, nginx waits "
                "60 s, 34 s left\n"));
  hold.kind = proxy::Hold::Kind::kUnknown;
  EXPECT_THAT(textOf(report), HasSubstr("    may be held 1 min 3 s at "));
  report.debug.holds.requests.resize(11, request);
  EXPECT_THAT(textOf(report), HasSubstr("      and 3 more\n"));
}

TEST(StatusText, SaysThatTheImportWaitsForADebugger) {
  StatusReport report;
  report.debug = debugReport(DebugReport::State::kReady);
  report.debug.import_waits = true;
  EXPECT_THAT(textOf(report),
              HasSubstr("debugpy 1.8.22, nobody is attached:\n    the import of the "
                        "app waits for a debugger, as debug.wait says\n"));
}

TEST(StatusText, SaysWhyDebuggingDoesNotWork) {
  StatusReport report;
  report.debug = debugReport(DebugReport::State::kFailed);
  report.debug.problem = "debugpy is not installed";
  EXPECT_THAT(textOf(report), AllOf(HasSubstr("IT DOES NOT WORK"), HasSubstr("is not installed")));
  report.debug.state = DebugReport::State::kReady;
  EXPECT_THAT(textOf(report), AllOf(HasSubstr("debugpy 1.8.22, nobody is attached"),
                                    HasSubstr("IT DOES NOT START ANEW"), HasSubstr("installed")));
  report.debug.state = DebugReport::State::kExpired;
  EXPECT_THAT(textOf(report), HasSubstr("its time is over"));
}

TEST(StatusText, ShowsTheFirstOfManySlots) {
  StatusReport report;
  report.pool.workers = {
      readyWorker(std::vector<SlotReport>(64, {SlotReport::Doing::kApp, "i", "GET", "/", 1s}))};
  EXPECT_THAT(textOf(report), HasSubstr("and 56 more\n"));
}

TEST(StatusText, SaysFirstThatNewCodeDoesNotStart) {
  StatusReport report;
  report.pool.start_failure = failureOf("", "exact", "mend it", "line of it");
  report.pool.workers = {readyWorker()};
  const std::string text = textOf(report);
  EXPECT_THAT(text, AllOf(HasSubstr("NEW WORKERS DO NOT START"), HasSubstr("Title: exact"),
                          HasSubstr("mend it"), HasSubstr("| line of it")));
  EXPECT_LT(text.find("DO NOT START"), text.find("Workers "));
  report.pool.workers.clear();
  EXPECT_THAT(textOf(report), HasSubstr("THE APP DOES NOT START"));
}

TEST(StatusText, SaysThatChangedSettingsAreWrong) {
  StatusReport report;
  EXPECT_THAT(textOf(report), Not(HasSubstr("SETTINGS ARE WRONG")));
  report.settings_problems = {"holdfast.yaml:3: server.queue is many"};
  EXPECT_THAT(textOf(report),
              AllOf(HasSubstr("SETTINGS ARE WRONG"), HasSubstr("    holdfast.yaml:3: server")));
}

TEST(StatusText, SaysWhatIsGoingOn) {
  StatusReport report;
  EXPECT_THAT(textOf(report), HasSubstr("No worker is ready yet"));
  report.pool.workers = {readyWorker()};
  EXPECT_THAT(textOf(report), Not(HasSubstr("\n!")));
  report.pool.reloading = true;
  EXPECT_THAT(textOf(report), HasSubstr("! Reloading"));
  report.stopping = true;
  EXPECT_THAT(textOf(report), HasSubstr("! Stopping"));
}

TEST(StatusText, SaysThatTheQueueIsFull) {
  StatusReport report;
  report.pool.queue_limit = 10;
  EXPECT_THAT(textOf(report), HasSubstr("0 waiting, at most 10\n"));
  report.pool.waiting = 10;
  report.pool.longest_wait = 1500ms;
  EXPECT_THAT(textOf(report), HasSubstr("10 waiting, at most 10, the first for 1.5 s: FULL"));
}

TEST(StatusText, ShowsTimesOnlyWhereThereAreSome) {
  StatusReport report;
  EXPECT_THAT(textOf(report), Not(HasSubstr("MEDIAN")));
  report.requests.timed = 1;
  report.requests.in_app = {400us, 25ms, 61s};
  EXPECT_THAT(textOf(report), AllOf(HasSubstr("MEDIAN"), HasSubstr("0.4 ms"), HasSubstr("25 ms"),
                                    HasSubstr("1 min 1 s")));
}

TEST(StatusText, ShowsTheNewestErrors) {
  StatusReport report;
  EXPECT_THAT(textOf(report), HasSubstr("Errors     none"));
  const std::chrono::system_clock::time_point time(40s);
  report.errors = {{time, "id-1", "GET", "/a", 500, "Title", "cause", 1},
                   {time, "", "", "", 500, "Title", "cause", 7}};
  EXPECT_THAT(textOf(report),
              AllOf(HasSubstr("1 min ago, request id-1: GET /a\n      Title: cause\n"),
                    HasSubstr("1 min ago, 7 times, when a worker was started")));
}

TEST(StatusText, ShowsSettingsWithTheirSources) {
  StatusReport report;
  report.settings = {{"server.queue", "7", "holdfast.yaml:2"}, {"server.threads", "4", "default"}};
  report.variables = {{"DB_PASSWORD", "holdfast.yaml:9"}};
  EXPECT_THAT(textOf(report), AllOf(HasSubstr("server.queue = 7  (holdfast.yaml:2)"),
                                    HasSubstr("variable DB_PASSWORD  (holdfast.yaml:9)"),
                                    Not(HasSubstr("server.threads"))));
}

TEST(StatusText, StaysWithinItsColumns) {
  StatusReport report;
  const std::string words(2000, 'x');
  report.pool.workers = {readyWorker({{SlotReport::Doing::kApp, "id", "GET", '/' + words, 1s}})};
  report.pool.workers[0].requests = ~std::uint64_t{0};
  report.pool.start_failure = failureOf("a b c " + words.substr(0, 90), "", "", words);
  report.errors = {{{}, "id-1", "GET", '/' + words, 500, "Title of some words", "cause", 1}};
  std::istringstream lines(textOf(report));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(StatusText, TakesWhateverADocumentHas) {
  textOf("{}");
  textOf(R"({"workers": 5, "queue": [], "requests": "no", "errors": [1, null, {}], "pid": {}})");
  textOf(R"({"workers": [{"busy_slots": [7, {"since_ms": "x"}], "busy": -3}], "errors": null})");
  textOf(R"({"start_failure": {"detail": [{}, 1, null]}, "listeners": [[]], "settings": [{}]})");
  EXPECT_THAT(textOf(R"({"handler": "a\u001b[2J\u009b"})"), Not(HasSubstr("\x1b")));
}

TEST(StatusText, ShowsTroublesOfTheHostItself) {
  StatusReport report;
  report.troubles = {"the log cannot be written to /l: full", "nobody can reach it"};
  const std::string text = textOf(report);
  EXPECT_THAT(text, HasSubstr("\n!!! the log cannot be written to /l: full\n\n!!! nobody can"));
  EXPECT_LT(text.find("!!! nobody"), text.find("Workers"));
}

TEST(StatusText, CountsWhatIsFinishedAndWhatIsNot) {
  StatusReport report;
  report.requests.all = 7;
  report.requests.last_second.all = 2;
  report.in_progress = 5;
  EXPECT_THAT(textOf(report), HasSubstr("7 finished since the start, 2 of them in the last second; "
                                        "5 in progress\n"));
}

}  // namespace
}  // namespace holdfast
