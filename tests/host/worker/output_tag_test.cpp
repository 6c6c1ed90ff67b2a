#include "host/worker/output_tag.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

const std::string kTag =
    "\x1e"
    "abc:3:65535\x1e";

TEST(OutputTag, IsTakenOffTheText) {
  const TaggedLine tagged = splitOutputTag(kTag + "some text", "abc");
  EXPECT_TRUE(tagged.found);
  EXPECT_EQ(tagged.before, "");
  EXPECT_EQ(tagged.slot, 3);
  EXPECT_EQ(tagged.serial, 65535);
  EXPECT_EQ(tagged.text, "some text");
}

TEST(OutputTag, MayHaveAnEmptyText) {
  EXPECT_TRUE(splitOutputTag(kTag, "abc").found);
  EXPECT_EQ(splitOutputTag(kTag, "abc").text, "");
}

TEST(OutputTag, IsFoundBehindWhatSomebodyWroteWithoutALineEnd) {
  const TaggedLine tagged = splitOutputTag("half a line" + kTag + "text", "abc");
  EXPECT_EQ(tagged.before, "half a line");
  EXPECT_EQ(tagged.text, "text");
}

TEST(OutputTag, LeavesWhatLooksLikeAnotherOneInTheText) {
  const TaggedLine tagged = splitOutputTag(kTag +
                                               "\x1e"
                                               "abc:1:2\x1e",
                                           "abc");
  EXPECT_EQ(tagged.slot, 3);
  EXPECT_EQ(tagged.text,
            "\x1e"
            "abc:1:2\x1e");
}

TEST(OutputTag, IsLookedForBehindOneThatIsNone) {
  EXPECT_EQ(splitOutputTag("\x1e"
                           "abd:1:2\x1e" +
                               kTag + "text",
                           "abc")
                .text,
            "text");
}

TEST(OutputTag, IsNoneWhereAnythingIsWrong) {
  for (const std::string line : {"", "plain", "\x1e",
                                 "\x1e"
                                 "abc",
                                 "\x1e"
                                 "abc:",
                                 "\x1e"
                                 "abc:3",
                                 "\x1e"
                                 "abc:3:",
                                 "\x1e"
                                 "abc:3:4",
                                 "\x1e"
                                 "abc:3:4text",
                                 "\x1e"
                                 "abc:3 :4\x1e",
                                 "\x1e"
                                 "abc::4\x1e",
                                 "\x1e"
                                 "abc:-1:4\x1e",
                                 "\x1e"
                                 "abc:65536:4\x1e",
                                 "\x1e"
                                 "abc:3:99999999999\x1e",
                                 "\x1e"
                                 "abcd:3:4\x1e",
                                 "\x1e"
                                 "ab:3:4\x1e",
                                 "abc:3:4\x1e"}) {
    EXPECT_FALSE(splitOutputTag(line, "abc").found) << line;
  }
}

TEST(OutputTag, HasAnotherTokenEachTime) {
  EXPECT_EQ(freshOutputToken().size(), 16U);
  EXPECT_NE(freshOutputToken(), freshOutputToken());
}

}  // namespace
}  // namespace holdfast
