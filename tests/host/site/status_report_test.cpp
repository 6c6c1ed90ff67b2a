#include "host/site/status_report.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/site/status_answer.h"

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
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::system_clock::time_point kNow{1'795'000'000s};

std::string json(const StatusReport& report, const Settings& settings = {}) {
  return statusJson(report, Redaction(settings), kNow);
}

Object::Ptr parsed(const StatusReport& report, const Settings& settings = {}) {
  return Poco::JSON::Parser().parse(json(report, settings)).extract<Object::Ptr>();
}

Object::Ptr element(const Object& object, const char* key, unsigned index = 0) {
  return object.getArray(key)->getObject(index);
}

WorkerReport workerWith(std::size_t busy, std::size_t idle) {
  WorkerReport worker;
  worker.pid = 4711;
  worker.state = WorkerReport::State::kReady;
  worker.slots.resize(busy + idle);
  for (std::size_t i = idle; i < worker.slots.size(); ++i) {
    worker.slots[i] = {SlotReport::Doing::kApp, "id-1", "GET", "/a?token=x", 1500ms};
  }
  return worker;
}

TEST(StatusJson, IsWholeForAHostThatHasDoneNothing) {
  const Object::Ptr host = parsed({});
  for (const char* key : {"version", "pid", "state", "reloading", "app_root", "handler",
                          "listeners", "uptime_s", "wanted_workers", "workers", "debug", "queue",
                          "requests", "errors", "settings", "variables"}) {
    EXPECT_TRUE(host->has(key)) << key;
  }
  EXPECT_FALSE(host->has("start_failure"));
}

TEST(StatusJson, TellsOfWorkersAndWhatTheirSlotsDo) {
  StatusReport report;
  report.pool.workers = {workerWith(1, 2)};
  report.pool.workers[0].state = WorkerReport::State::kDraining;
  report.pool.workers[0].why = "files have changed";
  report.pool.workers[0].memory_bytes = 12345;
  const Object::Ptr worker = element(*parsed(report), "workers");
  EXPECT_EQ(worker->getValue<int>("pid"), 4711);
  EXPECT_EQ(worker->getValue<std::string>("state"), "draining");
  EXPECT_EQ(worker->getValue<std::string>("why"), "files have changed");
  EXPECT_EQ(worker->getValue<int>("memory_bytes"), 12345);
  EXPECT_EQ(worker->getValue<int>("slots"), 3);
  EXPECT_EQ(worker->getValue<int>("busy"), 1);
  const Object::Ptr slot = element(*worker, "busy_slots");
  EXPECT_EQ(slot->getValue<int>("slot"), 2);
  EXPECT_EQ(slot->getValue<std::string>("doing"), "app");
  EXPECT_EQ(slot->getValue<int>("since_ms"), 1500);
  EXPECT_EQ(slot->getValue<std::string>("path"), "/a");
}

TEST(StatusJson, TellsOfDebugging) {
  StatusReport report;
  EXPECT_EQ(parsed(report)->getObject("debug")->getValue<std::string>("state"), "off");
  report.debug.state = DebugReport::State::kReady;
  report.debug.engine = "debugpy 1.8.22";
  report.debug.path = "/ptvsd";
  report.debug.lane.workers = {workerWith(1, 3)};
  report.debug.session = {"192.0.2.7", "Visual Studio Code", 130s};
  const Object::Ptr debug = parsed(report)->getObject("debug");
  EXPECT_EQ(debug->getValue<std::string>("state"), "ready");
  EXPECT_EQ(debug->getValue<std::string>("engine"), "debugpy 1.8.22");
  EXPECT_EQ(element(*debug, "lane")->getValue<int>("busy"), 1);
  EXPECT_EQ(debug->getObject("session")->getValue<int>("since_s"), 130);
  EXPECT_TRUE(debug->isNull("hold"));
  EXPECT_EQ(debug->getArray("requests")->size(), 0U);
  EXPECT_FALSE(debug->getValue<bool>("import_waits"));
  report.debug.import_waits = true;
  EXPECT_TRUE(parsed(report)->getObject("debug")->getValue<bool>("import_waits"));
}

TEST(StatusJson, TellsOfWhatIsHeld) {
  StatusReport report;
  report.debug.state = DebugReport::State::kReady;
  report.debug.now += 100s;
  report.debug.holds.hold = proxy::Hold();
  report.debug.holds.hold->since = report.debug.now - 63s;
  report.debug.holds.requests.resize(1);
  report.debug.holds.requests[0].keeper = "hop";
  const Object::Ptr debug = parsed(report)->getObject("debug");
  EXPECT_EQ(debug->getObject("hold")->getValue<double>("since_seconds"), 63);
  EXPECT_EQ(element(*debug, "requests")->getValue<std::string>("keeper"), "hop");
}

TEST(StatusJson, ListsSoManySlotsAndNoMore) {
  StatusReport report;
  report.pool.workers = {workerWith(kMostSlots, 0), workerWith(kMostSlots, 0)};
  const Object::Ptr host = parsed(report);
  EXPECT_EQ(element(*host, "workers", 0)->getArray("busy_slots")->size(), kMostSlots);
  const Object::Ptr second = element(*host, "workers", 1);
  EXPECT_EQ(second->getArray("busy_slots")->size(), 0U);
  EXPECT_EQ(second->getValue<std::size_t>("busy"), kMostSlots);
}

TEST(StatusJson, TellsWhyNothingStarts) {
  StatusReport report;
  report.pool.start_failure = failureOf("plain", "exact", "do this", "one\ntwo\n");
  Object::Ptr failure = parsed(report)->getObject("start_failure");
  EXPECT_EQ(failure->getValue<std::string>("cause"), "exact");
  EXPECT_EQ(failure->getArray("detail")->getElement<std::string>(1), "two");
  report.pool.start_failure->exact.clear();
  EXPECT_EQ(parsed(report)->getObject("start_failure")->getValue<std::string>("cause"), "plain");
}

TEST(StatusJson, HasTimesAndRates) {
  StatusReport report;
  report.uptime = 10s;
  report.requests.last_minute.all = 20;
  report.requests.last_minute.by_class[RequestCounts::k5xx] = 3;
  report.requests.timed = 20;
  report.requests.in_app = {1500us, 2ms, 3ms};
  const Object::Ptr requests = parsed(report)->getObject("requests");
  const Object::Ptr minute = requests->getObject("last_minute");
  EXPECT_DOUBLE_EQ(minute->getValue<double>("per_second"), 2);  // it has not run for a minute
  EXPECT_EQ(minute->getValue<int>("5xx"), 3);
  const Object::Ptr app = requests->getObject("times_of_last_minute_ms")->getObject("app");
  EXPECT_DOUBLE_EQ(app->getValue<double>("median"), 1.5);
}

TEST(StatusJson, HasErrorsWithTheTimeThatTheLogHas) {
  StatusReport report;
  report.errors.push_back({kNow - 90s, "id-1", "GET", "/", 500, "Title", "cause", 4});
  const Object::Ptr error = element(*parsed(report), "errors");
  EXPECT_EQ(error->getValue<std::string>("time"), "2026-11-18T11:05:10.000Z");
  EXPECT_EQ(error->getValue<int>("ago_s"), 90);
  EXPECT_EQ(error->getValue<int>("times"), 4);
}

TEST(StatusJson, NeverHasSecretsOrValuesOfVariables) {
  Settings settings;
  settings.app.environment = {{"DB_PASSWORD", "hunter2-hunter2"}};
  settings.debug.secret = Secret("0123456789abcdef");
  StatusReport report;
  report.settings = {{"app.pythonpath", "/lib/hunter2-hunter2", "holdfast.yaml:3"}};
  report.pool.start_failure = failureOf("", "no hunter2-hunter2", "hunter2-hunter2",
                                        "x\nValueError: hunter2-hunter2 0123456789abcdef");
  const std::string text = json(report, settings);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("0123456789abcdef")));
  EXPECT_THAT(text, HasSubstr("/lib/${DB_PASSWORD}"));
}

TEST(StatusJson, IsValidWhateverTheTextsAre) {
  StatusReport report;
  report.app_root = "/a\"\\\xff\n";
  report.pool.workers = {workerWith(1, 0)};
  report.pool.workers[0].slots[0].uri = std::string("\0\x80\"</script>\x1b", 14);
  report.pool.workers[0].slots[0].method = std::string(100'000, '\x01');
  const Object::Ptr host = parsed(report);
  EXPECT_EQ(host->getValue<std::string>("app_root"), "/a\"\\\\xff\\x0a");
  const Object::Ptr slot = element(*element(*host, "workers"), "busy_slots");
  EXPECT_LE(slot->getValue<std::string>("method").size(), 64U);
}

TEST(StatusJson, HasTroublesAndWhatIsInProgress) {
  StatusReport report;
  report.troubles = {"one", "two\n"};
  report.in_progress = 5;
  const Object::Ptr host = parsed(report);
  EXPECT_EQ(host->getArray("troubles")->getElement<std::string>(1), "two\\x0a");
  EXPECT_EQ(host->getObject("requests")->getValue<int>("in_progress"), 5);
}

TEST(StatusJson, IsBelievedHoweverMuchThereIsToSay) {
  StatusReport report;
  for (int i = 0; i < 1000; ++i) report.pool.workers.push_back(workerWith(10, 0));
  for (WorkerReport& worker : report.pool.workers) {
    for (SlotReport& slot : worker.slots) {
      slot.method = slot.request_id = slot.uri = std::string(100'000, '\\');
    }
  }
  const std::string text(100'000, '"');
  report.pool.start_failure = failureOf(text, text, text, text);
  for (int i = 0; i < 200; ++i) report.variables.push_back({"NAME", "holdfast.yaml:3"});
  for (int i = 0; i < 100; ++i) report.settings.push_back({"key", text.substr(0, 100), "default"});
  RecentErrors errors;
  for (int i = 0; i < 100; ++i) {
    const std::string id = std::to_string(i) + text;
    errors.add(*report.pool.start_failure, {id, text, text}, text, kNow);
  }
  report.errors = errors.all();
  const std::string answer = json(report);
  EXPECT_LT(answer.size(), kMostAnswerBytes);
  EXPECT_TRUE(isCheapToParse(answer));
}

}  // namespace
}  // namespace holdfast
