#include "proxy/bridge/http_proxy.h"

#include <gtest/gtest.h>

#include <map>

namespace holdfast::proxy {
namespace {

using Variables = std::map<std::string, std::string>;

/// The proxy with its credentials, in one line.
std::string proxyFor(std::string_view host, const Variables& variables, std::uint16_t port = 443) {
  const auto lookup = [&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  std::string objection;
  const auto proxy = findProxy(host, port, lookup, objection);
  if (!objection.empty()) return "refused: " + objection;
  return proxy ? proxy->text() + " [" + proxy->credentials.reveal() + ']' : "direct";
}

TEST(HttpProxy, IsTheOneOfTheEnvironment) {
  EXPECT_EQ(proxyFor("h", {}), "direct");
  EXPECT_EQ(proxyFor("h", {{"HTTPS_PROXY", "http://p.example:3128/"}}),
            "p.example:3128 (HTTPS_PROXY) []");
  EXPECT_EQ(proxyFor("h", {{"https_proxy", "p:8080"}, {"HTTPS_PROXY", " "}}),
            "p:8080 (https_proxy) []");
  EXPECT_EQ(proxyFor("h", {{"HTTPS_PROXY", "p"}}), "p:80 (HTTPS_PROXY) []");
  EXPECT_EQ(proxyFor("h", {{"HTTPS_PROXY", "http://[::2]:1"}}), "[::2]:1 (HTTPS_PROXY) []");
}

TEST(HttpProxy, HasCredentials) {
  EXPECT_EQ(proxyFor("h", {{"HTTPS_PROXY", "http://me:p%40ss@p:1"}}),
            "p:1 (HTTPS_PROXY) [me:p@ss]");
}

TEST(HttpProxy, IsNotAskedForLoopbackAndWhereNoProxySaysSo) {
  const Variables variables = {{"HTTPS_PROXY", "p:1"},
                               {"no_proxy", ".corp.example, site.example:8443,10.0.0.0/8,::2"}};
  EXPECT_EQ(proxyFor("localhost", variables), "direct");
  EXPECT_EQ(proxyFor("127.0.0.1", variables), "direct");
  EXPECT_EQ(proxyFor("a.corp.example", variables), "direct");
  EXPECT_EQ(proxyFor("10.1.2.3", variables), "direct");
  EXPECT_EQ(proxyFor("::2", variables), "direct");
  EXPECT_EQ(proxyFor("site.example", variables, 8443), "direct");
  EXPECT_EQ(proxyFor("site.example", variables), "p:1 (HTTPS_PROXY) []");
  EXPECT_EQ(proxyFor("acorp.example", variables), "p:1 (HTTPS_PROXY) []");
}

TEST(HttpProxy, SaysWhatItCannotUseWithoutCredentials) {
  for (const char* value :
       {"socks5://me:s3cret@p:1", "https://me:s3cret@p:1", "http://s3cret@", "http://s3cret@p:0"}) {
    const std::string said = proxyFor("h", {{"HTTPS_PROXY", value}});
    EXPECT_TRUE(said.starts_with("refused: HTTPS_PROXY ")) << said;
    EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
  }
}

TEST(NoProxy, MatchesDomainsAddressesAndAll) {
  EXPECT_TRUE(isInNoProxy("*", "h", 1));
  EXPECT_TRUE(isInNoProxy("Example.org", "www.example.ORG", 1));
  EXPECT_TRUE(isInNoProxy("*.example.org", "www.example.org", 1));
  EXPECT_FALSE(isInNoProxy("", "h", 1));
  EXPECT_FALSE(isInNoProxy(" , ,", "h", 1));
  EXPECT_FALSE(isInNoProxy("www.example.org", "example.org", 1));
  EXPECT_FALSE(isInNoProxy("10.0.0.0/8", "11.0.0.1", 1));
}

TEST(ConnectRequest, CarriesCredentials) {
  HttpProxy proxy;
  EXPECT_EQ(connectRequest(proxy, "h:443"),
            "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nUser-Agent: holdfast\r\n\r\n");
  proxy.credentials = Secret("Aladdin:open sesame");
  EXPECT_NE(connectRequest(proxy, "h:443")
                .find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace holdfast::proxy
