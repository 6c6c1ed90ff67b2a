#include "deploy/generate/web_site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::deploy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Settings listening() {
  Settings settings;
  settings.server.listen = "unix:/srv/site/site.sock";
  return settings;
}

WebSite siteOf(const GenerateOptions& options, const Settings& settings = listening()) {
  return webSite(options, settings, "/here");
}

/// What is said of a site that cannot be, or nothing.
std::string problemOf(const GenerateOptions& options, const Settings& settings = listening()) {
  try {
    siteOf(options, settings);
    return {};
  } catch (const WrongSite& problem) {
    return problem.what();
  }
}

TEST(WebSite, HasDefaults) {
  const WebSite site = siteOf({});
  EXPECT_THAT(site.names, ElementsAre("localhost"));
  EXPECT_EQ(site.address, "");
  EXPECT_EQ(site.port, 80U);
  EXPECT_FALSE(site.tls);
  EXPECT_TRUE(site.fastcgi.is_unix);
  EXPECT_EQ(site.fastcgi.address, "/srv/site/site.sock");
  EXPECT_FALSE(site.channel);
  EXPECT_EQ(site.debug_path, "/ptvsd");
  EXPECT_EQ(site.max_body, std::uint64_t{1} << 30);
  EXPECT_THAT(site.balancers, IsEmpty());
}

TEST(WebSite, WaitsForTheLongestHoldAndThenTheApp) {
  EXPECT_EQ(siteOf({}).patience, 2h);
  Settings settings = listening();
  settings.debug.max_hold = 50min;
  settings.server.request_timeout = 10min;
  EXPECT_EQ(patienceFor(settings), 1h);
  settings.server.request_timeout += 1ms;
  EXPECT_EQ(patienceFor(settings), 2h);
  settings.debug.max_hold = 72h;
  EXPECT_EQ(patienceFor(settings), 73h);
}

TEST(WebSite, TakesAListener) {
  GenerateOptions options;
  options.listen = "8080";
  EXPECT_EQ(siteOf(options).address, "");
  EXPECT_EQ(siteOf(options).port, 8080U);
  options.listen = "192.0.2.1:81";
  EXPECT_EQ(siteOf(options).address, "192.0.2.1");
  EXPECT_EQ(siteOf(options).port, 81U);
  options.listen = "[2001:db8::1]:82";
  EXPECT_EQ(siteOf(options).address, "[2001:db8::1]");
  EXPECT_EQ(siteOf(options).port, 82U);
}

TEST(WebSite, RefusesWhatIsNoListener) {
  GenerateOptions options;
  for (const char* text : {"x", ":80", "host:80", "192.0.2.1:", "192.0.2.1:0", "1.2.3.4:65536",
                           "::1:80", "[]:80", "[x]:80", "[::1]80", "80;", "1.2.3.4:80 ssl"}) {
    options.listen = text;
    EXPECT_THAT(problemOf(options), HasSubstr("--listen")) << text;
  }
}

TEST(WebSite, TakesNamesThatNeedNoQuotationMarks) {
  GenerateOptions options;
  options.names = {"site.example", "www.site-2.example"};
  EXPECT_THAT(siteOf(options).names, ElementsAre("site.example", "www.site-2.example"));
  for (const char* name :
       {"", "a b", "a;", "a{", "https://a", "a:80", "a/b", "$a", "*.a", "a\nb"}) {
    options.names = {name};
    EXPECT_THAT(problemOf(options), HasSubstr("--server-name")) << name;
  }
}

TEST(WebSite, HasTlsWithBothFiles) {
  GenerateOptions options;
  options.certificate = "c.pem";
  EXPECT_THAT(problemOf(options), HasSubstr("--key"));
  options.key = "/etc/key.pem";
  const WebSite site = siteOf(options);
  EXPECT_EQ(site.tls->certificate, "/here/c.pem");
  EXPECT_EQ(site.tls->key, "/etc/key.pem");
  EXPECT_EQ(site.port, 443U);
}

TEST(WebSite, TakesStaticFolders) {
  GenerateOptions options;
  options.statics = {"/static=files/", "/a/b.c/=/srv/my site"};
  const WebSite site = siteOf(options);
  ASSERT_EQ(site.statics.size(), 2U);
  EXPECT_EQ(site.statics[0].url, "/static/");
  EXPECT_EQ(site.statics[0].folder, "/here/files");
  EXPECT_EQ(site.statics[1].url, "/a/b.c/");
  EXPECT_EQ(site.statics[1].folder, "/srv/my site");
}

TEST(WebSite, RefusesWhatIsNoStaticFolder) {
  GenerateOptions options;
  for (const char* text :
       {"", "/x", "/x=", "x=/srv", "/=/srv", "//x=/srv", "/a b=/srv", "/a;=/srv", "/a\"=/srv"}) {
    options.statics = {text};
    EXPECT_THAT(problemOf(options), HasSubstr("URL=DIR")) << text;
  }
  for (const char* text : {"/ptvsd=/srv", "/ptvsd/x=/srv"}) {
    options.statics = {text};
    EXPECT_THAT(problemOf(options), HasSubstr("overlap")) << text;
  }
}

TEST(WebSite, RefusesPathsThatWebServersReadOtherwise) {
  for (const char c : std::string("\"\\$`{}|%?#*[]<>\n\x7f")) {
    GenerateOptions options;
    options.statics = {std::string("/x=/srv/a") + c + "b"};
    EXPECT_THAT(problemOf(options), HasSubstr("symbolic link")) << c;
    options = {};
    options.access_log = std::string("/var/a") + c;
    EXPECT_THAT(problemOf(options), HasSubstr("--access-log")) << c;
    Settings settings = listening();
    settings.server.listen = std::string("unix:/srv/a") + c;
    EXPECT_THAT(problemOf({}, settings), HasSubstr("server.listen")) << c;
  }
}

TEST(WebSite, MustKnowWhereTheHostListens) {
  Settings settings = listening();
  settings.server.listen = "";
  EXPECT_THAT(problemOf({}, settings), HasSubstr("--fastcgi"));
  settings.server.listen = "unix:site.sock";
  EXPECT_THAT(problemOf({}, settings), HasSubstr("absolute"));
  settings.server.listen = "tcp:127.0.0.1:9000";
  EXPECT_FALSE(siteOf({}, settings).fastcgi.is_unix);
  EXPECT_EQ(siteOf({}, settings).fastcgi.address, "127.0.0.1:9000");
}

TEST(WebSite, MustHaveAChannelWhereDebuggingIsOn) {
  Settings settings = listening();
  settings.debug.secret = Secret("0123456789abcdef");
  EXPECT_THAT(problemOf({}, settings), HasSubstr("--channel"));
  EXPECT_THAT(problemOf({}, settings), testing::Not(HasSubstr("0123456789abcdef")));
  settings.server.channel = "tcp:127.0.0.1:0";
  EXPECT_THAT(problemOf({}, settings), HasSubstr("port"));
  settings.server.channel = "unix:/srv/site/channel.sock";
  EXPECT_EQ(siteOf({}, settings).channel->address, "/srv/site/channel.sock");
  settings.server.channel_certificate = "/c.pem";
  EXPECT_THAT(problemOf({}, settings), HasSubstr("server.channel_certificate"));
}

TEST(WebSite, RefusesADebugPathThatNeedsQuotationMarks) {
  Settings settings = listening();
  settings.debug.path = "/de;bug";
  EXPECT_THAT(problemOf({}, settings), HasSubstr("debug.path"));
}

TEST(WebSite, KnowsItsLoadBalancers) {
  Settings settings = listening();
  settings.server.trusted_hops = {"unix", "127.0.0.1", "::1", "10.0.0.0/8", "192.0.2.1"};
  EXPECT_THAT(siteOf({}, settings).balancers, ElementsAre("10.0.0.0/8", "192.0.2.1"));
}

}  // namespace
}  // namespace holdfast::deploy
