#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "proxy/channel.h"
#include "tests/config/temp_directory.h"
#include "tests/proxy/channel_test_site.h"

namespace holdfast::proxy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ChannelPagesTest : public testing::Test {
 protected:
  ChannelAnswer ask(const ChannelRequest& request) { return site_.answer(request); }
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

TEST_F(ChannelPagesTest, TheStateSaysWhatIsHeld) {
  const auto state = [&] { return parsed(ask(withBearer(requestFor("/ptvsd/state"))).body); };
  EXPECT_TRUE(state()->isNull("hold"));
  EXPECT_EQ(state()->getArray("requests")->size(), 0U);
  site_.events.held.hold = Hold();
  site_.events.held.hold->since = site_.now - std::chrono::milliseconds(2500);
  site_.events.held.requests.resize(2);
  EXPECT_EQ(state()->getObject("hold")->getValue<double>("since_seconds"), 2.5);
  EXPECT_EQ(state()->getArray("requests")->size(), 2U);
}

}  // namespace
}  // namespace holdfast::proxy
