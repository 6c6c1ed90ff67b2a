#include "proxy/bridge/site_problem.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

SiteUrl siteUrl() {
  std::string objection;
  return *parseSiteUrl("wss://s3cret@site.example/ptvsd", objection);
}

HttpAnswer answer(int status, HeaderFields headers = {}, std::string body = {}) {
  return {status, "Words", std::move(headers), std::move(body)};
}

const HeaderFields kText = {{"content-type", "text/plain; charset=utf-8"}};

bool says(const SiteProblem& problem, const char* words) {
  return problem.text.find(words) != std::string::npos;
}

/// The texts themselves are looked at where the command runs: tests/integration.
TEST(SiteProblem, PassesWhereTheSiteMayComeBack) {
  for (const int status : {500, 502, 503, 504}) {
    EXPECT_TRUE(judgeAnswer(siteUrl(), answer(status)).passing) << status;
  }
  for (const int status : {200, 301, 400, 401, 403, 404, 405, 418, 429}) {
    EXPECT_FALSE(judgeAnswer(siteUrl(), answer(status)).passing) << status;
  }
  EXPECT_TRUE(noConnection("h:1", "refused").passing);
  EXPECT_FALSE(unknownHost("h", "none").passing);
  EXPECT_FALSE(noTls(siteUrl(), "expired").passing);
}

TEST(SiteProblem, NeverHasTheSecretAndAlwaysAText) {
  for (int status = 100; status < 600; ++status) {
    for (const SiteProblem& problem : {judgeAnswer(siteUrl(), answer(status)),
                                       judgeUpgrade(siteUrl(), answer(status), "objection")}) {
      EXPECT_FALSE(problem.text.empty()) << status;
      EXPECT_FALSE(says(problem, "s3cret")) << problem.text;
    }
  }
}

TEST(SiteProblem, OfAnEngineThatStartsPasses) {
  HeaderFields engine = kText;
  engine.emplace_back("Holdfast-Problem", "engine");
  const SiteProblem failed = judgeUpgrade(siteUrl(), answer(503, engine, "run pip\n"), "");
  EXPECT_FALSE(failed.passing);
  EXPECT_TRUE(says(failed, "engine is not there: run pip"));
  engine.emplace_back("Retry-After", "7");
  const SiteProblem starting = judgeUpgrade(siteUrl(), answer(503, engine, "starting"), "");
  EXPECT_TRUE(starting.passing);
  EXPECT_EQ(starting.pause, std::chrono::seconds(7));
}

TEST(SiteProblem, BelievesNoEndlessPause) {
  EXPECT_EQ(judgeAnswer(siteUrl(), answer(503, {{"Retry-After", "4000000000"}})).pause,
            std::chrono::hours(1));
  EXPECT_EQ(judgeAnswer(siteUrl(), answer(503, {{"Retry-After", "Fri, 31 Dec"}})).pause,
            std::chrono::seconds(0));
}

TEST(SiteProblem, HasTheReasonAsPrintableLines) {
  const SiteProblem problem =
      judgeAnswer(siteUrl(), answer(403, kText, "One.\r\n\r\n\x1b[2JTwo.\n"));
  EXPECT_EQ(problem.text, "403: the site refuses: One.\n  \\x1B[2JTwo.");
  EXPECT_LT(judgeAnswer(siteUrl(), answer(403, kText, std::string(100'000, 'x'))).text.size(),
            2000U);
}

TEST(SiteProblem, OfWebSocketsNamesTheWebServersRemedy) {
  EXPECT_TRUE(says(webSocketsOff(siteUrl(), answer(426, {{"Server", "nginx/1.22.1"}})),
                   "proxy_set_header Upgrade"));
  // Where FastCGI alone reaches Holdfast, no setting of that location helps.
  EXPECT_TRUE(says(webSocketsOff(siteUrl(), answer(426, {{"Server", "nginx/1.22.1"}})),
                   "a location /ptvsd of its own, with proxy_pass to the --channel listener"));
  EXPECT_TRUE(says(webSocketsOff(siteUrl(), answer(426)),
                   "\n  https://site.example/ptvsd in a browser shows how"));
  EXPECT_TRUE(
      says(webSocketsOff(siteUrl(), answer(400, {{"Server", "Apache/2.4"}})), "upgrade=websocket"));
  EXPECT_TRUE(says(webSocketsOff(siteUrl(), answer(200, {{"Server", "lighttpd/1.4"}})),
                   "\"upgrade\" => \"enable\""));
  EXPECT_TRUE(says(judgeUpgrade(siteUrl(), answer(200), ""), "WebSockets do not get through"));
}

}  // namespace
}  // namespace holdfast::proxy
