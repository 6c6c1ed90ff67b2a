#include "deploy/generate/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::deploy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Parts, JoinsAndQuotes) {
  EXPECT_EQ(joined({}, ", "), "");
  EXPECT_EQ(joined({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(quotedText("a b"), "\"a b\"");
  EXPECT_EQ(pattern("/a.b-c"), "/a\\.b-c");
}

TEST(Parts, WarnOfASecretWithoutTls) {
  WebSite site;
  EXPECT_THAT(tlsWarning(site), IsEmpty());
  site.channel = Backend{true, "/run/channel.sock"};
  EXPECT_THAT(tlsWarning(site), HasSubstr("--certificate"));
  site.tls = TlsFiles{"/c", "/k"};
  EXPECT_THAT(tlsWarning(site), IsEmpty());
}

TEST(Parts, SayHowToHaveAChannel) {
  WebSite site;
  site.debug_path = "/debug";
  EXPECT_THAT(channelHint(site), HasSubstr("--channel"));
  EXPECT_THAT(channelHint(site), HasSubstr("/debug"));
  site.channel = Backend{true, "/run/channel.sock"};
  EXPECT_THAT(channelHint(site), IsEmpty());
}

}  // namespace
}  // namespace holdfast::deploy
