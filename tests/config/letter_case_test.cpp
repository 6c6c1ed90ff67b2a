#include "config/letter_case.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(LetterCase, ChangesAsciiLettersOnly) {
  EXPECT_EQ(lowerCase("AZ_az09\xC3\x84"), "az_az09\xC3\x84");
  EXPECT_EQ(upperCase("AZ_az09\xC3\xA4"), "AZ_AZ09\xC3\xA4");
}

TEST(LetterCase, ComparesWithoutRegardToIt) {
  EXPECT_TRUE(equalsIgnoringCase("Web.Config", "web.config"));
  EXPECT_TRUE(equalsIgnoringCase("", ""));
  EXPECT_FALSE(equalsIgnoringCase("web.confi", "web.config"));
  EXPECT_FALSE(equalsIgnoringCase("web.config", "web.confi"));
  // One bit apart, as letters of either case are.
  EXPECT_FALSE(equalsIgnoringCase("@[", "`{"));
}

}  // namespace
}  // namespace holdfast
