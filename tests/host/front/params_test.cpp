#include "host/front/params.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

TEST(Params, KeepsPairsInOrder) {
  Params params;
  EXPECT_EQ(params.size(), 0U);
  params.add("B", "1");
  params.add("A", "");
  params.add("", "2");
  params.add("B", "3");
  ASSERT_EQ(params.size(), 4U);
  EXPECT_EQ(params[0].name, "B");
  EXPECT_EQ(params[0].value, "1");
  EXPECT_EQ(params[1].name, "A");
  EXPECT_EQ(params[1].value, "");
  EXPECT_EQ(params[2].name, "");
  EXPECT_EQ(params[2].value, "2");
  EXPECT_EQ(params[3].value, "3");
  EXPECT_EQ(params.bytes(), 6U);
}

TEST(Params, FindsTheLastOfAName) {
  // A web server's configuration overrides what it includes.
  Params params;
  params.add("NAME", "included");
  params.add("NAME", "overriding");
  params.add("OTHER", "x");
  EXPECT_EQ(params.find("NAME"), "overriding");
}

TEST(Params, TellsAbsentFromEmpty) {
  Params params;
  params.add("EMPTY", "");
  EXPECT_EQ(params.find("EMPTY"), "");
  EXPECT_EQ(params.find("ABSENT"), std::nullopt);
  EXPECT_EQ(params.get("EMPTY"), "");
  EXPECT_EQ(params.get("ABSENT"), "");
}

TEST(Params, ComparesNamesByteByByte) {
  Params params;
  params.add("Name", "1");
  params.add("NAMES", "2");
  params.add(std::string_view("N\0", 2), "3");
  EXPECT_EQ(params.find("NAME"), std::nullopt);
  EXPECT_EQ(params.find("N"), std::nullopt);
  EXPECT_EQ(params.find(std::string_view("N\0", 2)), "3");
}

TEST(Params, HoldsAnyBytes) {
  Params params;
  const std::string value("\0\xff\r\n=\x80", 6);
  params.reserve(1, 1);  // less than comes
  params.add("V", value);
  for (int i = 0; i < 1000; ++i) params.add("N" + std::to_string(i), std::string(100, 'x'));
  EXPECT_EQ(params.get("V"), value);
  EXPECT_EQ(params.get("N999"), std::string(100, 'x'));
}

}  // namespace
}  // namespace holdfast
