#include "host/front/forwarding.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

namespace holdfast {
namespace {

using Given = std::initializer_list<std::pair<std::string_view, std::string_view>>;

Params paramsWith(Given given) {
  Params params;
  for (const auto& [name, value] : given) params.add(name, value);
  return params;
}

Params applied(const TrustedHops& hops, Given given) {
  Params params = paramsWith(given);
  hops.apply(params);
  return params;
}

TEST(TrustedHops, TrustsAddressesNetworksAndUnixPeers) {
  const TrustedHops hops({"192.0.2.1", "10.0.0.0/8", "2001:db8::/32", "unix"});
  for (const char* peer :
       {"192.0.2.1", "10.255.0.1", "::ffff:10.1.2.3", "2001:db8:1::2", "unix:", "@"}) {
    EXPECT_TRUE(hops.trusts(peer)) << peer;
  }
  for (const char* peer :
       {"192.0.2.2", "11.0.0.1", "2001:db9::1", "::1", "nonsense", "10.0.0", "fe80::1%lo", ""}) {
    EXPECT_FALSE(hops.trusts(peer)) << peer;
  }
}

TEST(TrustedHops, TrustsWhateverIsInTheNetworkHoweverItIsWritten) {
  const TrustedHops everybody({"::/0", "0.0.0.0/0"});
  for (const char* peer : {"203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1", "::1", "::"}) {
    EXPECT_TRUE(everybody.trusts(peer)) << peer;
  }
  const TrustedHops mapped({"::ffff:10.0.0.0/104"});
  EXPECT_TRUE(mapped.trusts("10.1.2.3"));
  EXPECT_TRUE(mapped.trusts("::ffff:10.1.2.3"));
  EXPECT_FALSE(mapped.trusts("11.1.2.3"));
  EXPECT_FALSE(TrustedHops({"::/0"}).trusts("10.1.2.3"));
}

TEST(TrustedHops, TrustsNobodyWhereNobodyIsNamed) {
  const TrustedHops hops({});
  for (const char* peer : {"127.0.0.1", "unix:", "@", ""}) EXPECT_FALSE(hops.trusts(peer)) << peer;
}

TEST(TrustedHops, RefusesWhatIsNoAddress) {
  for (const char* hop : {"example.org", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", ""}) {
    EXPECT_THROW(TrustedHops({hop}), std::invalid_argument) << hop;
  }
}

TEST(TrustedHops, TakesTheRightmostAddressThatIsNotTrusted) {
  const TrustedHops hops({"10.0.0.0/8"});
  struct Case {
    std::string_view forwarded_for;
    std::string_view client;
  };
  for (const auto& [forwarded_for, client] : std::initializer_list<Case>{
           {"203.0.113.9", "203.0.113.9"},
           {"6.6.6.6, 203.0.113.9", "203.0.113.9"},
           {"6.6.6.6,203.0.113.9 , 10.9.9.9", "203.0.113.9"},
           {"10.1.1.1, 10.2.2.2", "10.1.1.1"},
           {"203.0.113.9:4711, 10.2.2.2", "203.0.113.9"},
           {"[2001:db8::1]:4711", "2001:db8::1"},
           {"2001:db8::1", "2001:db8::1"},
           {"6.6.6.6, unknown, 10.2.2.2", "10.2.2.2"},
           {"6.6.6.6, <script>", "10.0.0.1"},
           {"6.6.6.6, fe80::1%lo", "10.0.0.1"},
           {" , ", "10.0.0.1"},
           {"", "10.0.0.1"},
       }) {
    const Params params =
        applied(hops, {{"REMOTE_ADDR", "10.0.0.1"}, {"HTTP_X_FORWARDED_FOR", forwarded_for}});
    EXPECT_EQ(params.get("REMOTE_ADDR"), client) << forwarded_for;
    EXPECT_EQ(params.get("HTTP_X_FORWARDED_FOR"), forwarded_for);
  }
}

TEST(TrustedHops, TakesTheSchemeThatTheClientUsed) {
  const TrustedHops hops({"10.0.0.1"});
  const Params https =
      applied(hops, {{"REMOTE_ADDR", "10.0.0.1"}, {"HTTP_X_FORWARDED_PROTO", "http, HTTPS"}});
  EXPECT_EQ(https.get("HTTPS"), "on");
  EXPECT_EQ(https.get("REQUEST_SCHEME"), "https");
  const Params http = applied(
      hops, {{"REMOTE_ADDR", "10.0.0.1"}, {"HTTPS", "on"}, {"HTTP_X_FORWARDED_PROTO", "http"}});
  EXPECT_EQ(http.get("HTTPS"), "off");
  const Params first_hop = applied(hops, {{"REMOTE_ADDR", "10.0.0.1"},
                                          {"HTTP_X_FORWARDED_FOR", "203.0.113.9, 10.0.0.1"},
                                          {"HTTP_X_FORWARDED_PROTO", "https, http"}});
  EXPECT_EQ(first_hop.get("HTTPS"), "on");
  const Params made_up = applied(hops, {{"REMOTE_ADDR", "10.0.0.1"},
                                        {"HTTP_X_FORWARDED_FOR", "6.6.6.6, 203.0.113.9"},
                                        {"HTTP_X_FORWARDED_PROTO", "https, http"}});
  EXPECT_EQ(made_up.get("HTTPS"), "off");
  const Params nonsense =
      applied(hops, {{"REMOTE_ADDR", "10.0.0.1"}, {"HTTP_X_FORWARDED_PROTO", "gopher"}});
  EXPECT_FALSE(nonsense.find("HTTPS"));
}

TEST(TrustedHops, TakesTheOriginalUrl) {
  const TrustedHops hops({"unix"});
  const Params params = applied(hops, {{"SCRIPT_NAME", "/handler.fcgi"},
                                       {"PATH_INFO", "/x"},
                                       {"QUERY_STRING", ""},
                                       {"REMOTE_ADDR", "unix:"},
                                       {"HTTP_X_ORIGINAL_URL", "/fob/o%20r?quox=%31"}});
  EXPECT_EQ(params.get("SCRIPT_NAME"), "");
  EXPECT_EQ(params.get("PATH_INFO"), "/fob/o r");
  EXPECT_EQ(params.get("QUERY_STRING"), "quox=%31");
  const Params without_query = applied(
      hops, {{"REMOTE_ADDR", "unix:"}, {"QUERY_STRING", "a=b"}, {"HTTP_X_ORIGINAL_URL", "/fob"}});
  EXPECT_EQ(without_query.get("QUERY_STRING"), "a=b");
  for (const char* url : {"fob", "", "/%zz"}) {
    const Params wrong = applied(
        hops, {{"REMOTE_ADDR", "unix:"}, {"PATH_INFO", "/x"}, {"HTTP_X_ORIGINAL_URL", url}});
    EXPECT_EQ(wrong.get("PATH_INFO"), "/x") << url;
  }
}

TEST(TrustedHops, BelievesNothingOfOthers) {
  const TrustedHops hops({"unix", "10.0.0.1"});
  const Params params = applied(hops, {{"REMOTE_ADDR", "203.0.113.9"},
                                       {"PATH_INFO", "/x"},
                                       {"HTTP_X_FORWARDED_FOR", "127.0.0.1"},
                                       {"HTTP_X_FORWARDED_PROTO", "https"},
                                       {"HTTP_X_ORIGINAL_URL", "/admin"}});
  EXPECT_EQ(params.size(), 5U);
  EXPECT_EQ(params.get("REMOTE_ADDR"), "203.0.113.9");
  EXPECT_EQ(params.get("PATH_INFO"), "/x");
}

TEST(TrustedHops, LeavesThePathAloneWhereItIsNotToBeChanged) {
  const TrustedHops hops({"unix"});
  Params params = paramsWith({{"REMOTE_ADDR", "unix:"},
                              {"PATH_INFO", "/ptvsd"},
                              {"HTTP_X_FORWARDED_FOR", "192.0.2.7"},
                              {"HTTP_X_ORIGINAL_URL", "/admin"}});
  EXPECT_TRUE(hops.applyClient(params));
  EXPECT_EQ(params.get("PATH_INFO"), "/ptvsd");
  EXPECT_EQ(params.get("REMOTE_ADDR"), "192.0.2.7");
}

TEST(TrueLoopback, NeedsPeerHostAndNoForwarding) {
  for (const char* host :
       {"localhost", "LocalHost:8000", "127.0.0.1:1", "[::1]:8000", "127.1.2.3"}) {
    for (const char* peer : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
      EXPECT_TRUE(isTrueLoopback(paramsWith({{"REMOTE_ADDR", peer}, {"HTTP_HOST", host}})))
          << host << ' ' << peer;
    }
  }
  EXPECT_FALSE(isTrueLoopback(paramsWith({{"REMOTE_ADDR", "127.0.0.1"}})));
  for (const char* host :
       {"", "example.org", "127.0.0.1.example.org", "localhost.example.org", "10.0.0.1"}) {
    EXPECT_FALSE(isTrueLoopback(paramsWith({{"REMOTE_ADDR", "127.0.0.1"}, {"HTTP_HOST", host}})))
        << host;
  }
  EXPECT_FALSE(
      isTrueLoopback(paramsWith({{"REMOTE_ADDR", "192.0.2.1"}, {"HTTP_HOST", "localhost"}})));
  EXPECT_FALSE(isTrueLoopback(paramsWith({{"REMOTE_ADDR", "unix:"}, {"HTTP_HOST", "localhost"}})));
  for (const char* header : {"HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO",
                             "HTTP_X_REAL_IP", "HTTP_VIA"}) {
    EXPECT_FALSE(isTrueLoopback(
        paramsWith({{"REMOTE_ADDR", "127.0.0.1"}, {"HTTP_HOST", "localhost"}, {header, ""}})))
        << header;
  }
}

}  // namespace
}  // namespace holdfast
