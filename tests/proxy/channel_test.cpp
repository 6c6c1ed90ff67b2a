#include "proxy/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/channel_test_site.h"

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class ChannelTest : public testing::Test {
 protected:
  ChannelAnswer ask(const ChannelRequest& request) { return site_.answer(request); }
  ChannelTestSite site_;
};

TEST_F(ChannelTest, OwnsItsPathAndWhatIsBelow) {
  for (const char* path : {"/ptvsd", "/ptvsd/", "/ptvsd/probe", "/ptvsd/a/b"}) {
    EXPECT_TRUE(site_.channel->owns(path)) << path;
  }
  for (const char* path : {"", "/", "/ptvs", "/ptvsdx", "/PTVSD", "/x/ptvsd"}) {
    EXPECT_FALSE(site_.channel->owns(path)) << path;
  }
}

TEST_F(ChannelTest, WithoutASecretThePathIsTheApps) {
  ChannelPlan plan = ChannelTestSite::plan();
  plan.secret = Secret();
  site_.channel->setPlan(plan);
  EXPECT_FALSE(site_.channel->owns("/ptvsd"));
}

struct Plain {
  const char* method;
  const char* path;
  int status;
};

TEST_F(ChannelTest, AnswersEachMethodOnEachPath) {
  const Plain cases[] = {
      {"GET", "/ptvsd", 200},         {"HEAD", "/ptvsd", 200},       {"GET", "/ptvsd/", 200},
      {"POST", "/ptvsd", 405},        {"PUT", "/ptvsd", 405},        {"OPTIONS", "/ptvsd", 405},
      {"CONNECT", "/ptvsd", 405},     {"get", "/ptvsd", 405},        {"", "/ptvsd", 405},
      {"GET", "/ptvsd/x", 404},       {"POST", "/ptvsd/x", 404},     {"GET", "/ptvsd//", 404},
      {"GET", "/ptvsd/state/", 404},  {"GET", "/ptvsd/probe", 426},  {"POST", "/ptvsd/probe", 405},
      {"GET", "/ptvsd/state", 401},   {"POST", "/ptvsd/state", 405}, {"GET", "/ptvsd/source", 401},
      {"PUT", "/ptvsd/source", 405},  {"GET", "/ptvsd/view", 200},   {"POST", "/ptvsd/view", 401},
      {"DELETE", "/ptvsd/view", 405},
  };
  for (const Plain& plain : cases) {
    const ChannelAnswer answer = ask(requestFor(plain.path, plain.method));
    EXPECT_EQ(answer.status, plain.status) << plain.method << ' ' << plain.path;
    EXPECT_FALSE(answer.reason.empty());
    EXPECT_EQ(answer.upgrade, UpgradeKind::kNone);
    EXPECT_EQ(fieldOf(answer, "Cache-Control"), "no-store") << plain.path;
    EXPECT_EQ(fieldOf(answer, "Allow").empty(), plain.status != 405) << plain.path;
  }
}

TEST_F(ChannelTest, NothingIsSentForHead) {
  EXPECT_EQ(ask(requestFor("/ptvsd", "HEAD")).body, "");
  EXPECT_EQ(ask(withBearer(requestFor("/ptvsd/state", "HEAD"))).body, "");
}

TEST_F(ChannelTest, TheSecretOpensTheWay) {
  const ChannelAnswer answer = ask(withBearer(asUpgrade(requestFor("/ptvsd"))));
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(answer.upgrade, UpgradeKind::kSession);
  EXPECT_EQ(fieldOf(answer, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(fieldOf(answer, "Upgrade"), "websocket");
}

ChannelRequest changed(void (*change)(ChannelRequest&)) {
  ChannelRequest request = withBearer(asUpgrade(requestFor("/ptvsd")));
  change(request);
  return request;
}

void setHeader(ChannelRequest& request, const std::string& name, const std::string& value) {
  for (auto& field : request.headers) {
    if (field.first == name) field.second = value;
  }
}

void removeHeader(ChannelRequest& request, const std::string& name) {
  std::erase_if(request.headers, [&](const auto& field) { return field.first == name; });
}

struct Refusal {
  const char* what;
  void (*change)(ChannelRequest&);
  int status;
  const char* problem;
};

TEST_F(ChannelTest, RefusesEachWrongUpgrade) {
  using R = ChannelRequest;
  const Refusal cases[] = {
      {"POST", [](R& r) { r.method = "POST"; }, 405, "websocket"},
      {"HEAD", [](R& r) { r.method = "HEAD"; }, 405, "websocket"},
      {"HTTP/1.0", [](R& r) { r.http11 = false; }, 400, "websocket"},
      {"no Connection", [](R& r) { removeHeader(r, "Connection"); }, 400, "websocket"},
      {"Connection: close", [](R& r) { setHeader(r, "Connection", "close"); }, 400, "websocket"},
      {"no Upgrade", [](R& r) { removeHeader(r, "Upgrade"); }, 426, "websocket"},
      {"version 8", [](R& r) { setHeader(r, "Sec-WebSocket-Version", "8"); }, 426, "websocket"},
      {"no version", [](R& r) { removeHeader(r, "Sec-WebSocket-Version"); }, 426, "websocket"},
      {"no key", [](R& r) { removeHeader(r, "Sec-WebSocket-Key"); }, 400, "websocket"},
      {"short key", [](R& r) { setHeader(r, "Sec-WebSocket-Key", "YQ=="); }, 400, "websocket"},
      {"FastCGI", [](R& r) { r.can_upgrade = false; }, 501, "websocket"},
      {"Origin of another", [](R& r) { r.headers.emplace_back("Origin", "https://evil.example"); },
       403, "origin"},
      {"Origin of the site", [](R& r) { r.headers.emplace_back("Origin", "https://site.example"); },
       403, "origin"},
      {"Origin: null", [](R& r) { r.headers.emplace_back("Origin", "null"); }, 403, "origin"},
      {"empty Origin", [](R& r) { r.headers.emplace_back("Origin", ""); }, 403, "origin"},
      {"plain HTTP", [](R& r) { r.tls = false; }, 403, "insecure"},
      {"no secret", [](R& r) { removeHeader(r, "Authorization"); }, 401, "secret"},
      {"wrong secret", [](R& r) { setHeader(r, "Authorization", "Bearer x"); }, 401, "secret"},
      {"two secrets", [](R& r) { r = withBearer(r); }, 401, "secret"},
      {"secret as cookie",
       [](R& r) {
         removeHeader(r, "Authorization");
         r.headers.emplace_back("Cookie", std::string("holdfast-view=") + kTestSecret);
       },
       401, "secret"},
      {"secret in the query",
       [](R& r) {
         removeHeader(r, "Authorization");
         r.query = std::string("secret=") + kTestSecret;
       },
       401, "secret"},
  };
  for (const Refusal& refusal : cases) {
    const ChannelAnswer answer = ask(changed(refusal.change));
    EXPECT_EQ(answer.status, refusal.status) << refusal.what;
    EXPECT_EQ(answer.upgrade, UpgradeKind::kNone) << refusal.what;
    EXPECT_EQ(fieldOf(answer, "Holdfast-Problem"), refusal.problem) << refusal.what;
    EXPECT_EQ(fieldOf(answer, "WWW-Authenticate"),
              refusal.status == 401 ? "Bearer realm=\"holdfast\"" : "");
    EXPECT_EQ(answer.body.empty(), std::string(refusal.what) == "HEAD") << refusal.what;
  }
  EXPECT_THAT(site_.events.lines, Each(Not(HasSubstr(kTestSecret))));
}

TEST_F(ChannelTest, TheRightSecretOverTrueLoopbackNeedsNoTls) {
  EXPECT_EQ(ask(changed([](ChannelRequest& r) { r.tls = false, r.loopback = true; })).status, 101);
}

TEST_F(ChannelTest, AnotherUpgradeIsForThePage) {
  const auto request = withHeader(requestFor("/ptvsd"), "Upgrade", "h2c");
  EXPECT_EQ(ask(request).status, 200);
}

TEST_F(ChannelTest, LocksOutOneAddressOnly) {
  for (int i = 0; i < 5; ++i) ask(withBearer(requestFor("/ptvsd/state"), "x"));
  const ChannelAnswer locked = ask(withBearer(asUpgrade(requestFor("/ptvsd"))));
  EXPECT_EQ(locked.status, 429);
  EXPECT_EQ(fieldOf(locked, "Retry-After"), "1");
  ChannelRequest other = withBearer(asUpgrade(requestFor("/ptvsd")));
  other.client = "203.0.113.10";
  EXPECT_EQ(ask(other).status, 101);
}

TEST_F(ChannelTest, AnEngineThatIsNotReadySaysWhy) {
  site_.events.state.kind = EngineState::kFailed;
  site_.events.state.problem = "it does not start";
  site_.events.state.detail =
      "debugpy is not installed in /venv: run /venv/bin/pip install debugpy";
  const ChannelAnswer failed = ask(withBearer(asUpgrade(requestFor("/ptvsd"))));
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(fieldOf(failed, "Holdfast-Problem"), "engine");
  EXPECT_THAT(failed.body, HasSubstr("/venv/bin/pip install debugpy"));
  EXPECT_THAT(site_.events.happened, testing::ElementsAre("wanted"));
  EXPECT_EQ(ask(asUpgrade(requestFor("/ptvsd"))).status, 401)
      << "only for those who have the secret";
  EXPECT_THAT(ask(requestFor("/ptvsd")).body,
              testing::AllOf(HasSubstr("it does not start"), testing::Not(HasSubstr("/venv"))))
      << "what the app says is for those who have the secret";
  EXPECT_EQ(site_.events.happened.size(), 1U) << "a page sets nothing going";
  site_.events.state.kind = EngineState::kStarting;
  const ChannelAnswer starting = ask(withBearer(asUpgrade(requestFor("/ptvsd"))));
  EXPECT_EQ(starting.status, 503);
  EXPECT_EQ(fieldOf(starting, "Retry-After"), "1");
}

TEST_F(ChannelTest, ExpiryClosesAllButThePage) {
  site_.now += hours(48);
  EXPECT_EQ(ask(withBearer(asUpgrade(requestFor("/ptvsd")))).status, 403);
  EXPECT_EQ(ask(withBearer(requestFor("/ptvsd/state"))).status, 403);
  const ChannelAnswer page = ask(requestFor("/ptvsd"));
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("Debugging has expired"));
}

TEST_F(ChannelTest, AShortSecretIsWarnedOf) {
  ChannelPlan plan = ChannelTestSite::plan();
  plan.secret = Secret("short");
  site_.channel->setPlan(plan);
  EXPECT_THAT(ask(requestFor("/ptvsd")).body, HasSubstr("fewer than 16 characters"));
}

TEST_F(ChannelTest, TheProbeNeedsNoSecretButItsOwnPage) {
  EXPECT_EQ(ask(asUpgrade(requestFor("/ptvsd/probe"))).upgrade, UpgradeKind::kProbe);
  const auto from = [&](const char* origin) {
    return ask(withHeader(asUpgrade(requestFor("/ptvsd/probe")), "Origin", origin));
  };
  EXPECT_EQ(from("https://site.example").upgrade, UpgradeKind::kProbe);
  EXPECT_EQ(from("https://evil.example").status, 403);
  EXPECT_EQ(from("null").status, 403);
}

TEST_F(ChannelTest, AClosedChannelTakesNothing) {
  site_.channel->close();
  EXPECT_EQ(ask(withBearer(asUpgrade(requestFor("/ptvsd")))).status, 503);
  EXPECT_EQ(ask(requestFor("/ptvsd")).status, 503);
}

}  // namespace
}  // namespace holdfast::proxy
