#include "config/trusted_hops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> hopsOf(const std::string& text) {
  std::vector<std::string> hops{"before"};
  const Objection objection = parseTrustedHops(text, hops);
  EXPECT_EQ(objection, std::nullopt) << *objection;
  return hops;
}

std::string objectionTo(const std::string& text) {
  std::vector<std::string> hops{"before"};
  const Objection objection = parseTrustedHops(text, hops);
  EXPECT_THAT(hops, ElementsAre("before"));
  return objection.value_or("none");
}

TEST(TrustedHops, AreSeparatedByCommasOrBlanks) {
  EXPECT_THAT(hopsOf("unix, 10.0.0.1 ::1,,127.0.0.1\t"),
              ElementsAre("unix", "10.0.0.1", "::1", "127.0.0.1"));
  EXPECT_THAT(hopsOf("UNIX"), ElementsAre("unix"));
  EXPECT_THAT(hopsOf(""), IsEmpty());
  EXPECT_THAT(hopsOf(" , "), IsEmpty());
}

TEST(TrustedHops, AreWrittenInOneWay) {
  EXPECT_THAT(hopsOf("10.1.2.3/8"), ElementsAre("10.0.0.0/8"));
  EXPECT_THAT(hopsOf("10.1.2.3/32 ::1/128"), ElementsAre("10.1.2.3", "::1"));
  EXPECT_THAT(hopsOf("0.0.0.0/0 ::/0"), ElementsAre("0.0.0.0/0", "::/0"));
  EXPECT_THAT(hopsOf("FE80:0:0::1/10"), ElementsAre("fe80::/10"));
  EXPECT_THAT(hopsOf("192.168.255.255/23"), ElementsAre("192.168.254.0/23"));
  EXPECT_THAT(hopsOf("2001:db8:ffff::/33"), ElementsAre("2001:db8:8000::/33"));
}

TEST(TrustedHops, AreNothingButAddresses) {
  for (const char* text :
       {"localhost", "10.0.0", "010.0.0.1", "10.0.0.256", "1.2.3.4.5", "10.0.0.1:80", "[::1]",
        "fe80::1%eth0", ":::", "1:2:3:4:5:6:7:8:9", "/8", "tcp:127.0.0.1", "unix:/run/x"}) {
    EXPECT_EQ(objectionTo(text), "\"" + std::string(text) +
                                     "\" in it is neither an IP address, nor a network such as "
                                     "10.0.0.0/8, nor unix");
  }
}

TEST(TrustedHops, HaveAsManyBitsAsTheirKindHas) {
  EXPECT_EQ(objectionTo("::1, 10.0.0.0/33"),
            "the part of \"10.0.0.0/33\" after the slash must be a whole number from 0 to 32");
  EXPECT_EQ(objectionTo("::/129"),
            "the part of \"::/129\" after the slash must be a whole number from 0 to 128");
  EXPECT_EQ(objectionTo("10.0.0.0/255.0.0.0"),
            "the part of \"10.0.0.0/255.0.0.0\" after the slash must be a whole number from 0 to "
            "32");
  EXPECT_EQ(objectionTo("10.0.0.0/"),
            "the part of \"10.0.0.0/\" after the slash must be a whole number from 0 to 32");
}

}  // namespace
}  // namespace holdfast
