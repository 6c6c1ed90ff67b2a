#include "host/worker/output_tag.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

const std::string kMark(1, '\x1e');

/// The tag with this between its marks.
std::string tag(const std::string& inner = "abc:3:65535") { return kMark + inner + kMark; }

TEST(OutputTag, IsTakenOffTheText) {
  const std::string line = tag() + "some text";
  const TaggedLine tagged = splitOutputTag(line, "abc");
  EXPECT_TRUE(tagged.found);
  EXPECT_EQ(tagged.before, "");
  EXPECT_EQ(tagged.slot, 3);
  EXPECT_EQ(tagged.serial, 65535);
  EXPECT_EQ(tagged.text, "some text");
}

TEST(OutputTag, MayHaveAnEmptyText) {
  const std::string line = tag();
  const TaggedLine tagged = splitOutputTag(line, "abc");
  EXPECT_TRUE(tagged.found);
  EXPECT_EQ(tagged.text, "");
}

TEST(OutputTag, IsFoundBehindWhatSomebodyWroteWithoutALineEnd) {
  const std::string line = "half a line" + tag() + "text";
  const TaggedLine tagged = splitOutputTag(line, "abc");
  EXPECT_EQ(tagged.before, "half a line");
  EXPECT_EQ(tagged.text, "text");
}

TEST(OutputTag, LeavesWhatLooksLikeAnotherOneInTheText) {
  const std::string line = tag() + tag("abc:1:2");
  const TaggedLine tagged = splitOutputTag(line, "abc");
  EXPECT_EQ(tagged.slot, 3);
  EXPECT_EQ(tagged.text, tag("abc:1:2"));
}

TEST(OutputTag, IsLookedForBehindOneThatIsNone) {
  const std::string line = tag("abd:1:2") + tag() + "text";
  EXPECT_EQ(splitOutputTag(line, "abc").text, "text");
}

TEST(OutputTag, IsNoneWhereAnythingIsWrong) {
  for (const std::string inner :
       {"", "abc", "abc:", "abc:3", "abc:3:", "abc:3 :4", "abc::4", "abc:-1:4", "abc:65536:4",
        "abc:3:99999999999", "abcd:3:4", "ab:3:4", "abc:3:4x"}) {
    EXPECT_FALSE(splitOutputTag(tag(inner) + "text", "abc").found) << inner;
  }
  for (const std::string& line :
       {std::string(), std::string("plain"), kMark, "abc:3:4" + kMark, kMark + "abc:3:4"}) {
    EXPECT_FALSE(splitOutputTag(line, "abc").found) << line;
  }
}

TEST(OutputTag, HasAnotherTokenEachTime) {
  EXPECT_EQ(freshOutputToken().size(), 16U);
  EXPECT_NE(freshOutputToken(), freshOutputToken());
}

}  // namespace
}  // namespace holdfast
