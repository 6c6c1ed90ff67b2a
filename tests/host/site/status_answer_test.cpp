#include "host/site/status_answer.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(StatusAnswer, MayHaveManyValues) {
  EXPECT_TRUE(isCheapToParse(""));
  EXPECT_TRUE(isCheapToParse("[" + repeated("{},", 9'000) + "1]"));
  EXPECT_FALSE(isCheapToParse("[" + repeated("{},", 20'000) + "1]"));
  EXPECT_FALSE(isCheapToParse("[" + repeated("1,", 20'001) + "1]"));
}

TEST(StatusAnswer, MayHaveAnythingInItsTexts) {
  EXPECT_TRUE(isCheapToParse("{\"a\": \"" + repeated("[{,\\\"", 30'000) + "\"}"));
  EXPECT_FALSE(isCheapToParse("{\"a\\\\\": " + repeated("1,", 30'000) + "\"}"));
}

TEST(StatusAnswer, IsNotNestedDeeply) {
  EXPECT_TRUE(isCheapToParse(repeated("[", 16) + repeated("]", 16)));
  EXPECT_FALSE(isCheapToParse(repeated("[", 17) + repeated("]", 17)));
  EXPECT_TRUE(isCheapToParse(repeated("[]", 100)));
  EXPECT_TRUE(isCheapToParse("]]]]"));
}

TEST(TerminalJson, EscapesWhatSteersATerminal) {
  EXPECT_EQ(terminalJson("{\n \"a\": \"\\u001b \u00fc\"\n}"), "{\n \"a\": \"\\u001b \u00fc\"\n}");
  EXPECT_EQ(terminalJson("\"\u009b31m\u202e\x7f\xff\""), R"("\u009b31m\u202e\u007f\ufffd")");
}

}  // namespace
}  // namespace holdfast
