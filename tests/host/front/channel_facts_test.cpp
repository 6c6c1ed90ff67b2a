#include "host/front/channel_facts.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "host/front/forwarding.h"

namespace holdfast {
namespace {

using Given = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// As the host has them: after those that are trusted were asked.
ChannelFacts factsOf(Given given, const std::vector<std::string>& hops = {"unix"}) {
  Params params;
  for (const auto& [name, value] : given) params.add(name, value);
  const bool trusted = TrustedHops(hops).apply(params);
  return channelFacts(params, trusted);
}

TEST(ChannelFacts, BelievesTheWebServerOfTls) {
  EXPECT_TRUE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}, {"HTTPS", "on"}}).tls);
  EXPECT_TRUE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}, {"HTTPS", "1"}}).tls);
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}, {"HTTPS", "off"}}).tls);
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}, {"HTTPS", ""}}).tls);
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}}).tls);
}

TEST(ChannelFacts, BelievesAWebServerOnTheUnixSocket) {
  const ChannelFacts facts = factsOf({{"REMOTE_ADDR", "unix:"},
                                      {"HTTP_HOST", "site.example"},
                                      {"HTTP_X_FORWARDED_FOR", "203.0.113.5"},
                                      {"HTTP_X_FORWARDED_PROTO", "https"}});
  EXPECT_EQ(facts.client, "203.0.113.5");
  EXPECT_TRUE(facts.tls);
  EXPECT_FALSE(facts.loopback);
  EXPECT_TRUE(facts.forwarded);
}

TEST(ChannelFacts, BelievesNoStranger) {
  const Given claims = {{"REMOTE_ADDR", "192.0.2.7"},
                        {"HTTP_X_FORWARDED_FOR", "203.0.113.5"},
                        {"HTTP_X_FORWARDED_PROTO", "https"}};
  const ChannelFacts facts = factsOf(claims);
  EXPECT_EQ(facts.client, "192.0.2.7");
  EXPECT_FALSE(facts.tls);
  EXPECT_TRUE(factsOf(claims, {"192.0.2.7"}).tls);
}

TEST(ChannelFacts, BelievesNobodyOnTheUnixSocketWhereThatIsNotTrusted) {
  const ChannelFacts facts =
      factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_X_FORWARDED_PROTO", "https"}}, {});
  EXPECT_EQ(facts.client, "unix:");
  EXPECT_FALSE(facts.tls);
}

TEST(ChannelFacts, TakesAHopThatSaysHttpAtItsWord) {
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "192.0.2.7"},
                        {"HTTPS", "on"},
                        {"HTTP_X_FORWARDED_FOR", "203.0.113.5"},
                        {"HTTP_X_FORWARDED_PROTO", "http"}},
                       {"192.0.2.7"})
                   .tls);
}

TEST(ChannelFacts, KnowsTheSchemesOfWebSockets) {
  EXPECT_TRUE(factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_X_FORWARDED_PROTO", "wss"}}).tls);
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_X_FORWARDED_PROTO", "ws"}}).tls);
}

TEST(ChannelFacts, KnowsAHopThatDoesNotSayTheScheme) {
  // As nginx asks where it has nothing but proxy_pass.
  EXPECT_TRUE(factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_HOST", "localhost"}}).scheme_unsaid);
  EXPECT_TRUE(
      factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_X_FORWARDED_FOR", "203.0.113.5"}}).scheme_unsaid);
  EXPECT_TRUE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}}, {"192.0.2.7"}).scheme_unsaid);
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "192.0.2.7"}}).scheme_unsaid);
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "unix:"}}, {}).scheme_unsaid);
  for (const char* scheme : {"http", "https"}) {
    EXPECT_FALSE(
        factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_X_FORWARDED_PROTO", scheme}}).scheme_unsaid)
        << scheme;
  }
  EXPECT_FALSE(
      factsOf({{"REMOTE_ADDR", "192.0.2.7"}, {"HTTPS", "on"}}, {"192.0.2.7"}).scheme_unsaid)
      << "the web server's own word";
}

TEST(ChannelFacts, TrueLoopbackIsDirect) {
  const auto loopback = [](Given given) { return factsOf(given).loopback; };
  EXPECT_TRUE(loopback({{"REMOTE_ADDR", "127.0.0.1"}, {"HTTP_HOST", "localhost:8000"}}));
  EXPECT_TRUE(loopback({{"REMOTE_ADDR", "::1"}, {"HTTP_HOST", "[::1]:8000"}}));
  EXPECT_FALSE(loopback({{"REMOTE_ADDR", "192.0.2.7"}, {"HTTP_HOST", "localhost"}}));
  EXPECT_FALSE(loopback({{"REMOTE_ADDR", "127.0.0.1"}, {"HTTP_HOST", "site.example"}}));
  EXPECT_FALSE(loopback({{"REMOTE_ADDR", "127.0.0.1"}}));
  for (const char* name : {"HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED",
                           "HTTP_VIA", "HTTP_X_REAL_IP"}) {
    EXPECT_FALSE(loopback({{"REMOTE_ADDR", "127.0.0.1"}, {"HTTP_HOST", "localhost"}, {name, ""}}))
        << name;
  }
}

TEST(ChannelFacts, AHopOnThisMachineIsNotLoopback) {
  Params params;
  params.add("REMOTE_ADDR", "127.0.0.1");
  params.add("HTTP_HOST", "127.0.0.1:8001");
  EXPECT_TRUE(channelFacts(params, false).loopback);
  EXPECT_FALSE(channelFacts(params, true).loopback);
}

TEST(ChannelFacts, AWebServerOnTheUnixSocketIsNotLoopback) {
  // As nginx asks where it is told nothing but the socket.
  EXPECT_FALSE(factsOf({{"REMOTE_ADDR", "unix:"}, {"HTTP_HOST", "localhost"}}).loopback);
}

}  // namespace
}  // namespace holdfast
