#include "proxy/hold_json.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/web_socket/utf8.h"

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;
using Poco::JSON::Object;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::steady_clock::time_point kNow{1000h};

HoldReport heldReport() {
  HoldReport report;
  report.hold = Hold{
      Hold::Kind::kHeld, kNow - 12345ms, "breakpoint", "/srv/site/views.py", "view", 42, "GET /x"};
  HeldRequestReport request;
  request.id = "3f2a1-00002c";
  request.method = "GET";
  request.path = "/x";
  request.age = 13s;
  request.keeper = "hop";
  request.front_end = "nginx";
  request.limit = 60s;
  request.left = 34'260ms;
  request.hand_offs = 2;
  report.requests = {request};
  return report;
}

Object::Ptr parsed(const std::string& json) {
  return Poco::JSON::Parser().parse(json).extract<Object::Ptr>();
}

TEST(HoldJson, HasNoHoldWhileTheAppRuns) {
  EXPECT_EQ(holdJson({}, kNow), R"({"hold":null,"requests":[]})");
}

TEST(HoldJson, SaysWhatIsHeldAndWhoWaits) {
  EXPECT_EQ(holdJson(heldReport(), kNow),
            R"({"hold":{"state":"held","since_seconds":12.3,"reason":"breakpoint",)"
            R"("file":"/srv/site/views.py","line":42,"function":"view","thread":"GET /x"},)"
            R"("requests":[{"id":"3f2a1-00002c","method":"GET","path":"/x","age_seconds":13,)"
            R"("keeper":"hop","front_end":"nginx","limit_seconds":60,"left_seconds":34.2,)"
            R"("hand_offs":2,"waited_for":true,"answered":false}]})");
}

TEST(HoldJson, SaysWhatIsNotKnown) {
  HoldReport report = heldReport();
  report.hold = Hold();
  report.hold->kind = Hold::Kind::kUnknown;
  report.hold->since = kNow;
  report.requests[0].limit.reset();
  report.requests[0].left.reset();
  const Object::Ptr object = parsed(holdJson(report, kNow));
  EXPECT_EQ(object->getObject("hold")->getValue<std::string>("state"), "unknown");
  EXPECT_EQ(object->getObject("hold")->getValue<std::string>("file"), "");
  const Object::Ptr request = object->getArray("requests")->getObject(0);
  EXPECT_TRUE(request->isNull("limit_seconds"));
  EXPECT_TRUE(request->isNull("left_seconds"));
}

TEST(HoldJson, IsReadAsItWasWritten) {
  const HoldReport report = heldReport();
  const HoldReport read = readHolds(*parsed(holdJson(report, kNow)), kNow);
  ASSERT_TRUE(read.hold);
  EXPECT_EQ(read.hold->since, kNow - 12300ms);
  EXPECT_EQ(read.hold->file, report.hold->file);
  EXPECT_EQ(read.hold->line, 42);
  EXPECT_EQ(read.hold->function, "view");
  EXPECT_EQ(read.hold->thread, "GET /x");
  EXPECT_EQ(read.hold->reason, "breakpoint");
  ASSERT_EQ(read.requests.size(), 1U);
  EXPECT_EQ(read.requests[0].id, "3f2a1-00002c");
  EXPECT_EQ(read.requests[0].path, "/x");
  EXPECT_EQ(read.requests[0].age, 13s);
  EXPECT_EQ(read.requests[0].limit, 60s);
  EXPECT_EQ(read.requests[0].left, 34'200ms);
  EXPECT_EQ(read.requests[0].hand_offs, 2U);
}

TEST(HoldJson, NothingInItSteersATerminal) {
  HoldReport report = heldReport();
  report.hold->function = "a\x1B[2J";
  report.hold->file = "\xFF.py";
  report.requests[0].path = "/a b\n\xC2\x9B\xFF";
  report.requests[0].method = "G\x1B";
  const std::string json = holdJson(report, kNow);
  EXPECT_THAT(json, HasSubstr("/a%20b%0A%C2%9B%FF"));
  EXPECT_THAT(json, Not(HasSubstr("\x1B")));
  EXPECT_THAT(json, Not(HasSubstr("\\u001")));
  EXPECT_TRUE(isUtf8(json));
}

TEST(HoldJson, IsShortWhateverIsHeld) {
  HoldReport report = heldReport();
  report.hold->file = std::string(100'000, 'f');
  report.requests[0].path = std::string(100'000, ' ');
  report.requests.resize(10 * kMostHeldListed, report.requests[0]);
  const std::string json = holdJson(report, kNow);
  EXPECT_LT(json.size(), 128U * 1024);
  EXPECT_EQ(parsed(json)->getArray("requests")->size(), kMostHeldListed);
}

TEST(HoldJson, PassesOverWhatIsOdd) {
  for (const char* json : {"{}", R"({"hold":1,"requests":2})", R"({"hold":[],"requests":[null,1]})",
                           R"({"hold":"x","requests":{}})"}) {
    const HoldReport report = readHolds(*parsed(json), kNow);
    EXPECT_FALSE(report.hold) << json;
    EXPECT_TRUE(report.requests.empty()) << json;
  }
  const HoldReport report = readHolds(
      *parsed(R"({"hold":{"since_seconds":-1e300,"line":1e99,"file":[]},)"
              R"("requests":[{"age_seconds":"x","limit_seconds":1e300,"hand_offs":-1}]})"),
      kNow);
  EXPECT_EQ(report.hold->since, kNow);
  EXPECT_EQ(report.requests[0].age, 0s);
  EXPECT_FALSE(report.requests[0].limit);
}

}  // namespace
}  // namespace holdfast::proxy
