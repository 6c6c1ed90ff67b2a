#include "host/hold/held_token.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::string_literals;

const std::string kToken = "0123456789abcdef0123456789abcdef";

using For = HeldParameter::For;

struct FoundCase {
  std::string query;
  unsigned count;
  For followed_by;
};

class FoundTokens : public testing::TestWithParam<FoundCase> {};

TEST_P(FoundTokens, AreFoundWhereverTheyStand) {
  const FoundCase& found = GetParam();
  EXPECT_EQ(heldParameterOf(found.query), (HeldParameter{kToken, found.count, found.followed_by}));
}

INSTANTIATE_TEST_SUITE_P(
    All, FoundTokens,
    testing::Values(FoundCase{"holdfast-held=" + kToken, 0, For::kClient},
                    FoundCase{"holdfast-held=" + kToken + ".17", 17, For::kClient},
                    FoundCase{"a=1&holdfast-held=" + kToken + ".1&b=2", 1, For::kClient},
                    FoundCase{"a=1&&holdfast-held=" + kToken, 0, For::kClient},
                    FoundCase{"holdfast-held=" + kToken + ".4&file=x.unsafe-hop", 4, For::kClient},
                    FoundCase{"a=1&holdfast-held=" + kToken + ".2.hop", 2, For::kHop},
                    FoundCase{"holdfast-held=" + kToken + ".3.unsafe-hop&q=/pay", 3,
                              For::kUnsafeHop},
                    FoundCase{"holdfast-held=" + kToken + ".99999999999999999999", 0, For::kClient},
                    FoundCase{"holdfast-held=" + kToken + ".x.y.hop", 0, For::kClient}));

TEST(HeldToken, OtherQueriesHaveNone) {
  for (const char* query : {"", "a=1", "held=x", "xholdfast-held=1", "holdfast-heldx=1",
                            "a=holdfast-held=0123456789abcdef0123456789abcdef"}) {
    EXPECT_EQ(heldParameterOf(query), std::nullopt) << query;
  }
}

TEST(HeldToken, OneOfAnotherFormIsNone) {
  for (const std::string& value :
       {std::string("="), std::string(), std::string("=1"), '=' + kToken + '0',
        '=' + kToken.substr(1), "=." + kToken, "=%30" + kToken.substr(1),
        "=0123456789ABCDEF0123456789ABCDEF.1.hop"s}) {
    EXPECT_EQ(heldParameterOf("holdfast-held" + value), HeldParameter()) << value;
  }
}

TEST(HeldToken, IsTakenOffAQuery) {
  EXPECT_EQ(withoutHeldToken("holdfast-held=" + kToken), "");
  EXPECT_EQ(withoutHeldToken("a=1&holdfast-held=x&b=%20&holdfast-held"), "a=1&b=%20");
  EXPECT_EQ(withoutHeldToken("a&b"), "a&b");
}

TEST(HeldToken, IsNotShown) {
  EXPECT_EQ(withoutHeldTokenShown("/a?holdfast-held=" + kToken + ".1"), "/a?holdfast-held=...");
  EXPECT_EQ(withoutHeldTokenShown("/a?x=1&holdfast-held=" + kToken + "&y"),
            "/a?x=1&y&holdfast-held=...");
  EXPECT_EQ(withoutHeldTokenShown("/a?x=1"), "/a?x=1");
  EXPECT_EQ(withoutHeldTokenShown("/a"), "/a");
}

TEST(HeldToken, IsPutBehindAQuery) {
  EXPECT_EQ(withHeldParameter("", {kToken, 1}), "holdfast-held=" + kToken + ".1");
  EXPECT_EQ(withHeldParameter("a=1&b=%C3", {kToken, 12}),
            "a=1&b=%C3&holdfast-held=" + kToken + ".12");
  for (const For followed_by : {For::kClient, For::kHop, For::kUnsafeHop}) {
    const HeldParameter parameter{kToken, 7, followed_by};
    EXPECT_EQ(heldParameterOf(withHeldParameter("a=1", parameter)), parameter);
  }
}

TEST(HeldToken, NoByteEndsAHeader) {
  EXPECT_EQ(withHeldParameter("a=\r\nX: y\xC3\xA4", {kToken, 1}),
            "a=%0D%0AX:%20y%C3%A4&holdfast-held=" + kToken + ".1");
  EXPECT_EQ(urlText("a\"b<c>#\x7F"), "a%22b%3Cc%3E%23%7F");
}

struct HopCase {
  const char* target;
  const char* path;
};

class HopPaths : public testing::TestWithParam<HopCase> {};

TEST_P(HopPaths, AreWhatNginxCanBeSentTo) {
  EXPECT_EQ(pathForHop(GetParam().target), GetParam().path);
}

INSTANTIATE_TEST_SUITE_P(All, HopPaths,
                         testing::Values(HopCase{"/a%20b/c%2Fd?x=1", "/a%20b/c%2Fd"},
                                         HopCase{"/", "/"}, HopCase{"http://host/a/b?c", "/a/b"},
                                         HopCase{"https://host", "/"},
                                         HopCase{"/a\xC3\xA4", "/a%C3%A4"}, HopCase{"/a/../b", ""},
                                         HopCase{"/a/%2e%2E/b", ""}, HopCase{"/a/.%2e", ""},
                                         HopCase{"/..", ""}, HopCase{"//a", ""},
                                         HopCase{"/a//b", ""}, HopCase{"/a/./b", ""},
                                         HopCase{"/a/%2e/b", ""}, HopCase{"/a/.", ""},
                                         HopCase{"/a/.b", "/a/.b"}, HopCase{"/a..b/c", "/a..b/c"},
                                         HopCase{"*", ""}, HopCase{"", ""}, HopCase{"host:443", ""},
                                         HopCase{"/%2", "/%2"}, HopCase{"/x%2Fy%2", "/x%2Fy%2"}));

}  // namespace
}  // namespace holdfast
