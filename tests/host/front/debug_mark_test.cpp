#include "host/front/debug_mark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Params paramsOf(const Pairs& pairs) {
  Params params;
  for (const auto& [name, value] : pairs) params.add(name, value);
  return params;
}

Pairs pairsOf(const Params& params) {
  Pairs pairs;
  for (std::size_t i = 0; i < params.size(); ++i) {
    pairs.emplace_back(params[i].name, params[i].value);
  }
  return pairs;
}

/// What is left of a Cookie header; `(none)` if it goes.
std::string stripped(const std::string& cookies) {
  Params params = paramsOf({{"HTTP_COOKIE", cookies}});
  stripDebugMark(params);
  return params.size() == 0 ? "(none)" : std::string(params.get("HTTP_COOKIE"));
}

std::string markIn(const std::string& cookies) {
  return std::string(debugMark(paramsOf({{"HTTP_COOKIE", cookies}})));
}

TEST(DebugMark, IsFoundInTheCookie) {
  EXPECT_EQ(markIn("holdfast-debug=abc"), "abc");
  EXPECT_EQ(markIn("a=1; holdfast-debug=abc; b=2"), "abc");
  EXPECT_EQ(markIn("a=1;holdfast-debug=abc"), "abc");
  EXPECT_EQ(markIn("holdfast-debug=\"abc\""), "abc");
  EXPECT_EQ(markIn(" holdfast-debug = abc "), "abc");
}

TEST(DebugMark, IsNoOtherCookie) {
  for (const char* cookies :
       {"", ";", "holdfast-debug", "holdfast-debugger=abc", "x-holdfast-debug=abc",
        "Holdfast-Debug=abc", "a=holdfast-debug=abc", "a=\"1; b=2\"", "holdfast-debug="}) {
    EXPECT_EQ(markIn(cookies), "") << cookies;
  }
}

TEST(DebugMark, IsFoundInTheHeaderFirst) {
  const Params params =
      paramsOf({{"HTTP_COOKIE", "holdfast-debug=old"}, {"HTTP_X_HOLDFAST_DEBUG", " new "}});
  EXPECT_EQ(debugMark(params), "new");
  EXPECT_TRUE(isMarkedAs(params, "new"));
  EXPECT_TRUE(isMarkedAs(params, "old"));
  EXPECT_FALSE(isMarkedAs(params, "ne"));
  EXPECT_FALSE(isMarkedAs(params, "newer"));
}

TEST(DebugMark, MayBeBesideAnOldOne) {
  const Params params = paramsOf({{"HTTP_COOKIE", "holdfast-debug=old; holdfast-debug=new"}});
  EXPECT_TRUE(isMarkedAs(params, "new"));
  EXPECT_FALSE(isMarkedAs(params, "other"));
}

TEST(DebugMark, IsNeverEmpty) {
  EXPECT_FALSE(isMarkedAs(paramsOf({{"HTTP_X_HOLDFAST_DEBUG", ""}}), ""));
  EXPECT_FALSE(isMarkedAs(Params(), ""));
}

TEST(DebugMark, IsStrippedFromAmongOtherCookies) {
  EXPECT_EQ(stripped("holdfast-debug=x"), "(none)");
  EXPECT_EQ(stripped("holdfast-debug=x; a=1; b=2"), "a=1; b=2");
  EXPECT_EQ(stripped("a=1; holdfast-debug=x; b=2"), "a=1; b=2");
  EXPECT_EQ(stripped("a=1; b=2; holdfast-debug=x"), "a=1; b=2");
  EXPECT_EQ(stripped("holdfast-debug=x; a=1; holdfast-debug=y;  b=\"2;3\"; holdfast-debug=z"),
            "a=1;  b=\"2;3\"");
  EXPECT_EQ(stripped("holdfast-debug=; holdfast-debug=x"), "(none)");
}

TEST(DebugMark, LeavesOtherCookiesByteForByte) {
  for (const char* cookies : {"a=1", "a=1;", " a = 1 ;b;;c=\xff", "holdfast-debugger=1", "=", ""}) {
    EXPECT_EQ(stripped(cookies), cookies);
  }
}

TEST(DebugMark, IsStrippedWhereverItIs) {
  Params params = paramsOf({{"HTTP_COOKIE", "holdfast-debug=x; a=1"},
                            {"REQUEST_METHOD", "GET"},
                            {"HTTP_X_HOLDFAST_DEBUG", "x"},
                            {"HTTP_COOKIE", "holdfast-debug=x"},
                            {"HTTP_COOKIE", "b=2 ;c"},
                            {"HTTP_X_HOLDFAST_DEBUG", "y"},
                            {"", "empty"}});
  EXPECT_TRUE(stripDebugMark(params));
  EXPECT_THAT(pairsOf(params),
              ElementsAre(Pair("HTTP_COOKIE", "a=1"), Pair("REQUEST_METHOD", "GET"),
                          Pair("HTTP_COOKIE", "b=2 ;c"), Pair("", "empty")));
  EXPECT_FALSE(stripDebugMark(params));
}

TEST(DebugMark, IsStrippedIfEmpty) {
  Params params = paramsOf({{"HTTP_X_HOLDFAST_DEBUG", ""}});
  EXPECT_TRUE(stripDebugMark(params));
  EXPECT_THAT(pairsOf(params), IsEmpty());
}

}  // namespace
}  // namespace holdfast
