#include "config/ip_network.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

std::string network(std::string_view text) {
  std::string objection;
  const auto parsed = parseIpNetwork(text, objection);
  return parsed ? parsed->text() : "refused: " + objection;
}

TEST(IpNetwork, HasZeroHostBitsAndIsWrittenShortly) {
  EXPECT_EQ(network("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(network("10.1.2.3/8"), "10.0.0.0/8");
  EXPECT_EQ(network("10.1.2.3/32"), "10.1.2.3");
  EXPECT_EQ(network("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(network("2001:DB8:0::1/32"), "2001:db8::/32");
  EXPECT_EQ(network("::"), "::");
  EXPECT_EQ(network("::/0"), "::/0");
}

TEST(IpNetwork, IsOfIpv4WhereItIsMapped) {
  EXPECT_EQ(network("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(network("::ffff:10.1.2.3/104"), "10.0.0.0/8");
}

TEST(IpNetwork, RefusesWhatIsNone) {
  for (const char* text : {"", "10.1", "010.0.0.1", "fe80::1%eth0", "example.org", "10.0.0.0/33",
                           "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"}) {
    EXPECT_TRUE(network(text).starts_with("refused: ")) << text;
  }
}

/// What the settings take is what the host is given.
TEST(IpNetwork, ReadsWhatItWrites) {
  for (const char* text : {"10.1.2.3/8", "::/0", "::", "::ffff:10.1.2.3/104", "fe80::/10"}) {
    EXPECT_EQ(network(network(text)), network(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast
