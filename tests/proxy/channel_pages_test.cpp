#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proxy/channel.h"
#include "tests/config/temp_directory.h"
#include "tests/proxy/channel_test_site.h"

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ChannelPagesTest : public testing::Test {
 protected:
  ChannelAnswer ask(const ChannelRequest& request) { return site_.answer(request); }
  ChannelAnswer post(const std::string& body) {
    ChannelRequest request = requestFor("/ptvsd/view", "POST");
    request.body = body;
    return ask(request);
  }
  ChannelTestSite site_;
};

Poco::JSON::Object::Ptr parsed(const std::string& json) {
  return Poco::JSON::Parser().parse(json).extract<Poco::JSON::Object::Ptr>();
}

TEST_F(ChannelPagesTest, TheInfoPageMayRunItsOwnScriptAlone) {
  const std::string policy = fieldOf(ask(requestFor("/ptvsd")), "Content-Security-Policy");
  EXPECT_THAT(policy, AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'sha256-"),
                            HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
}

TEST_F(ChannelPagesTest, NoPageHasTheSecret) {
  ask(withBearer(requestFor("/ptvsd")));
  for (const char* path : {"/ptvsd", "/ptvsd/", "/ptvsd/view", "/ptvsd/probe", "/ptvsd/state"}) {
    const ChannelAnswer answer = ask(withBearer(requestFor(path)));
    EXPECT_THAT(answer.body, Not(HasSubstr(kTestSecret))) << path;
    for (const auto& [name, value] : answer.headers)
      EXPECT_THAT(value, Not(HasSubstr(kTestSecret)));
  }
}

TEST_F(ChannelPagesTest, TheStateIsForTheBridge) {
  const ChannelAnswer answer = ask(withBearer(requestFor("/ptvsd/state")));
  EXPECT_EQ(fieldOf(answer, "Content-Type"), "application/json");
  const auto state = parsed(answer.body);
  EXPECT_EQ(state->getObject("engine")->getValue<std::string>("state"), "ready");
  EXPECT_EQ(state->getObject("engine")->getValue<std::string>("name"), "debugpy");
  EXPECT_EQ(state->getObject("engine")->getValue<std::string>("version"), "1.8.22");
  EXPECT_EQ(state->getObject("engine")->getValue<std::string>("python"), "3.11.2");
  EXPECT_TRUE(state->isNull("session"));
  EXPECT_EQ(state->getValue<std::string>("app_root"), "/srv/caf\xC3\xA9 1");
  EXPECT_EQ(state->getValue<std::string>("path_style"), "posix");
  EXPECT_EQ(state->getValue<std::string>("route"), "attached");
  EXPECT_EQ(state->getValue<std::string>("version"), "0.1.0");
}

TEST_F(ChannelPagesTest, TheSourceIsOfTheAppRoot) {
  const TempDirectory root;
  root.write("shop/my views.py", "abc");
  site_.events.state.app_root = root.path();
  const auto source = [&](const std::string& query) {
    ChannelRequest request = withBearer(requestFor("/ptvsd/source"));
    request.query = query;
    return ask(request);
  };
  const ChannelAnswer answer = source("file=shop%2Fmy%20views.py");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(parsed(answer.body)->getValue<std::string>("sha256"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(source("file=shop/other.py").status, 404);
  EXPECT_EQ(source("file=..%2F..%2Fetc%2Fpasswd").status, 404);
  EXPECT_EQ(source("file=%2Fetc%2Fpasswd").status, 404);
  EXPECT_EQ(source("file=a%00b").status, 404);
  EXPECT_EQ(source("").status, 400);
  EXPECT_EQ(source("file=%zz").status, 400);
  EXPECT_EQ(ask(requestFor("/ptvsd/source")).status, 401);
}

TEST_F(ChannelPagesTest, PagesInBrowsersGetNoState) {
  const auto request =
      withHeader(withBearer(requestFor("/ptvsd/state")), "Origin", "https://site.example");
  EXPECT_EQ(ask(request).status, 403);
}

TEST_F(ChannelPagesTest, TheViewAsksForTheSecret) {
  const ChannelAnswer form = ask(requestFor("/ptvsd/view"));
  EXPECT_THAT(form.body, AllOf(HasSubstr("name=\"secret\""), HasSubstr("action=\"/ptvsd/view\""),
                               Not(HasSubstr("Worker 1"))));
  const ChannelAnswer wrong = post("secret=x");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(fieldOf(wrong, "WWW-Authenticate"), "Bearer realm=\"holdfast\"");
  EXPECT_EQ(fieldOf(wrong, "Set-Cookie"), "");
  EXPECT_THAT(wrong.body, HasSubstr("The secret is wrong."));
  EXPECT_EQ(post("").status, 401);
}

TEST_F(ChannelPagesTest, NoBrowserKeepsWhatTheFormAsks) {
  EXPECT_THAT(ask(requestFor("/ptvsd/view")).body,
              AllOf(HasSubstr("class=\"masked\""), HasSubstr("-webkit-text-security"),
                    HasSubstr("autocomplete=\"off\""), HasSubstr("Keep it in no browser"),
                    Not(HasSubstr("type=\"password\"")), Not(HasSubstr("current-password")),
                    Not(HasSubstr("username"))));
}

TEST_F(ChannelPagesTest, TheSecretOpensTheViewForAnHour) {
  const ChannelAnswer answer = post(std::string("x=1&secret=") + kTestSecret);
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(fieldOf(answer, "Location"), "view");
  const std::string cookie = fieldOf(answer, "Set-Cookie");
  EXPECT_THAT(cookie, Not(HasSubstr(kTestSecret)));
  const auto view =
      withHeader(requestFor("/ptvsd/view"), "Cookie", cookie.substr(0, cookie.find(';')));
  EXPECT_THAT(ask(view).body, AllOf(HasSubstr("Worker 1"), HasSubstr("idle &lt;b&gt;"),
                                    HasSubstr("debugpy 1.8.22"), Not(HasSubstr("<form"))));
  auto upgrade = asUpgrade(requestFor("/ptvsd"));
  upgrade.headers.push_back(view.headers.back());
  EXPECT_EQ(ask(upgrade).status, 401) << "a cookie opens the view alone";
  site_.now += hours(1);
  EXPECT_THAT(ask(view).body, HasSubstr("<form"));
}

TEST_F(ChannelPagesTest, AnotherSecretClosesTheView) {
  const std::string cookie = fieldOf(post(std::string("secret=") + kTestSecret), "Set-Cookie");
  const auto view =
      withHeader(requestFor("/ptvsd/view"), "Cookie", cookie.substr(0, cookie.find(';')));
  ChannelPlan plan = ChannelTestSite::plan();
  site_.channel->setPlan(plan);
  EXPECT_THAT(ask(view).body, HasSubstr("Worker 1"));
  plan.secret = Secret("another secret, long enough");
  site_.channel->setPlan(plan);
  EXPECT_THAT(ask(view).body, Not(HasSubstr("Worker 1")));
}

TEST_F(ChannelPagesTest, TheFormIsLockedOutToo) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(post("secret=x").status, 401);
  const ChannelAnswer locked = post(std::string("secret=") + kTestSecret);
  EXPECT_EQ(locked.status, 429);
  EXPECT_EQ(fieldOf(locked, "Retry-After"), "1");
}

TEST_F(ChannelPagesTest, FormsOfOtherSitesCountForNothing) {
  ChannelRequest request = requestFor("/ptvsd/view", "POST");
  request.body = std::string("secret=") + kTestSecret;
  EXPECT_EQ(ask(withHeader(request, "Origin", "https://evil.example")).status, 403);
  EXPECT_EQ(ask(withHeader(request, "Origin", "https://site.example")).status, 303);
}

TEST_F(ChannelPagesTest, TheFormIsNotReadOverPlainHttp) {
  ChannelRequest request = requestFor("/ptvsd/view", "POST");
  request.body = std::string("secret=") + kTestSecret;
  request.tls = false;
  EXPECT_EQ(ask(request).status, 403);
}

}  // namespace
}  // namespace holdfast::proxy
