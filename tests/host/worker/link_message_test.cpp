#include "host/worker/link_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// A text in which `|` stands for NUL.
std::string fields(std::string text) {
  for (char& c : text) {
    if (c == '|') c = '\0';
  }
  return text;
}

TEST(SplitFields, CutsAtNul) {
  EXPECT_THAT(link::splitFields(fields("a|bc||d")), ElementsAre("a", "bc", "", "d"));
  EXPECT_THAT(link::splitFields(""), ElementsAre(""));
  EXPECT_THAT(link::splitFields(fields("|")), ElementsAre("", ""));
}

TEST(DecodeHead, ReadsStatusReasonAndHeaders) {
  AnswerHead head;
  ASSERT_TRUE(link::decodeHead(
      fields("404 Not There|Content-Type|text/html|Set-Cookie|a=1|Set-Cookie|b=\xE9|X||Y|: ;"),
      head));
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not There");
  EXPECT_THAT(head.headers,
              ElementsAre(Pair("Content-Type", "text/html"), Pair("Set-Cookie", "a=1"),
                          Pair("Set-Cookie", "b=\xE9"), Pair("X", ""), Pair("Y", ": ;")));
}

TEST(DecodeHead, NeedsNoReasonAndNoHeaders) {
  AnswerHead head;
  head.headers = {{"old", "header"}};
  head.reason = "old";
  ASSERT_TRUE(link::decodeHead("200", head));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.reason, "");
  EXPECT_THAT(head.headers, IsEmpty());
  EXPECT_TRUE(link::decodeHead("599 ", head));
  EXPECT_EQ(head.reason, "");
}

class WrongHead : public testing::TestWithParam<const char*> {};

TEST_P(WrongHead, IsRefused) {
  AnswerHead head;
  EXPECT_FALSE(link::decodeHead(fields(GetParam()), head));
}

INSTANTIATE_TEST_SUITE_P(Each, WrongHead,
                         testing::Values("", "|", "OK", "20 OK", "2000 OK", "099 OK", "-20 OK",
                                         "+20 OK", " 200 OK", "20x", "200 OK|name", "200 OK|a|b|c",
                                         "200 OK||value", "200 OK\r\nX: y",
                                         "200 OK|X|a\r\nSet-Cookie: b", "200 OK|X|a\nb",
                                         "200 OK|X\rY|a", "99999999999999999999 OK"));

}  // namespace
}  // namespace holdfast
