#include "proxy/bridge/patience_watch.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;

HeldRequestReport requestOf(const std::string& path,
                            std::optional<std::chrono::milliseconds> left) {
  HeldRequestReport request;
  request.id = "1a2b-3";
  request.method = "GET";
  request.path = path;
  request.keeper = "hop";
  request.front_end = "nginx";
  request.limit = 60s;
  request.left = left;
  return request;
}

TEST(WaitingText, IsEmptyWhereNobodyWaits) { EXPECT_EQ(waitingText({}, 0s), ""); }

TEST(WaitingText, CountsDownWhatTheSiteHasSaid) {
  EXPECT_EQ(waitingText({requestOf("/x", 34s)}, 0s),
            "GET /x (1a2b-3) kept by hop, nginx waits 60 s, 34 s left");
  EXPECT_EQ(waitingText({requestOf("/x", 34s)}, 4s),
            "GET /x (1a2b-3) kept by hop, nginx waits 60 s, 30 s left");
  EXPECT_EQ(waitingText({requestOf("/x", 34s)}, 40s),
            "GET /x (1a2b-3) kept by hop, nginx waits 60 s, less than a second left");
}

TEST(WaitingText, IsOfTheOneWithTheLeastTime) {
  EXPECT_EQ(waitingText({requestOf("/a", {}), requestOf("/b", 40s), requestOf("/c", 30s)}, 0s),
            "GET /c (1a2b-3) kept by hop, nginx waits 60 s, 30 s left, and 2 more");
  EXPECT_EQ(waitingText({requestOf("/a", {}), requestOf("/b", {})}, 0s),
            "GET /a (1a2b-3) kept by hop, nginx waits 60 s, and 1 more");
}

TEST(WaitingText, IsFitForATerminalWhateverTheSiteSays) {
  HeldRequestReport request = requestOf("/" + std::string(1000, 'x') + "\x1B", 1s);
  request.keeper = "\x1B[2J";
  request.front_end = std::string(1000, 'n');
  const std::string text = waitingText({request}, 0s);
  EXPECT_EQ(text.find('\x1B'), std::string::npos);
  EXPECT_LT(text.size(), 200U);
}

TEST(SiteHolds, AreWhatTheSiteSays) {
  const PatienceWatch::Clock::time_point now{100h};
  const auto holds =
      parseSiteHolds(R"({"engine":{},"hold":{"state":"held","since_seconds":2.5,"line":7},)"
                     R"("requests":[{"path":"/x","left_seconds":34.2}]})",
                     now);
  ASSERT_TRUE(holds && holds->hold);
  EXPECT_EQ(holds->hold->since, now - 2500ms);
  EXPECT_EQ(holds->requests.at(0).left, 34200ms);
  for (const char* text : {"", "<html>", "[]", "1", "\"hold\"", "{\"hold\":"}) {
    EXPECT_FALSE(parseSiteHolds(text, now)) << text;
  }
  EXPECT_FALSE(parseSiteHolds(std::string(100'000, '['), now));
  EXPECT_TRUE(parseSiteHolds("{}", now)) << "an older site";
}

}  // namespace
}  // namespace holdfast::proxy
