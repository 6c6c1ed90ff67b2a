#include "proxy/gate/request_origin.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/channel_requests.h"

namespace holdfast::proxy {
namespace {

struct OriginCase {
  const char* origin;
  const char* host;
  const char* forwarded_host;
  bool same;
};

TEST(IsSameOrigin, ComparesAuthorities) {
  const OriginCase cases[] = {
      {"https://site.example", "site.example", "", true},
      {"https://SITE.example", "site.EXAMPLE", "", true},
      {"https://site.example", "site.example:443", "", true},
      {"http://site.example", "site.example:80", "", true},
      {"https://site.example:8443", "site.example:8443", "", true},
      {"http://[::1]:8000", "[::1]:8000", "", true},
      {"https://site.example", "localhost", "site.example", true},
      {"https://site.example:8443", "site.example", "", false},
      {"https://evil.example", "site.example", "", false},
      {"https://site.example.evil", "site.example", "", false},
      {"https://evil.example", "localhost", "site.example", false},
      {"null", "null", "", false},
      {"", "", "", false},
      {"https://", "", "", false},
      {"ftp://site.example", "site.example", "", false},
      {"file://", "", "", false},
  };
  for (const OriginCase& origin : cases) {
    ChannelRequest request;
    request.headers = {{"Origin", origin.origin}, {"Host", origin.host}};
    if (*origin.forwarded_host) {
      request.headers.emplace_back("X-Forwarded-Host", origin.forwarded_host);
    }
    EXPECT_EQ(isSameOrigin(request), origin.same) << origin.origin << ' ' << origin.host;
  }
}

TEST(IsSameOrigin, NotWithoutOneNorWithTwo) {
  EXPECT_FALSE(isSameOrigin(requestFor("/")));
  const auto one = withHeader(requestFor("/"), "Origin", "https://site.example");
  EXPECT_TRUE(isSameOrigin(one));
  EXPECT_FALSE(isSameOrigin(withHeader(one, "Origin", "https://site.example")));
}

}  // namespace
}  // namespace holdfast::proxy
