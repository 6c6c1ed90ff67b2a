#include "config/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

TEST(Printable, KeepsTextOnOneLine) { EXPECT_EQ(printable("a\r\nb\tc"), "a\\x0D\\x0Ab\\x09c"); }

TEST(Printable, DisarmsTerminalSequences) {
  EXPECT_EQ(printable("\x1B[2Jx\x7F"), "\\x1B[2Jx\\x7F");
}

TEST(Printable, KeepsNulsFromCuttingTheText) { EXPECT_EQ(printable({"a\0b", 3}), "a\\x00b"); }

TEST(Printable, KeepsUtf8AndOtherBytes) {
  EXPECT_EQ(printable("caf\xC3\xA9 \xE9"), "caf\xC3\xA9 \xE9");
}

TEST(InQuotes, KeepsAnEmptyTextVisible) { EXPECT_EQ(inQuotes(""), "\"\""); }

TEST(InQuotes, KeepsALongTextThatStillFits) {
  const std::string text(200, 'x');
  EXPECT_EQ(inQuotes(text), '"' + text + '"');
}

TEST(InQuotes, ShowsThatALongTextWasCut) {
  EXPECT_EQ(inQuotes(std::string(201, 'x')), '"' + std::string(200, 'x') + "...\"");
}

TEST(InQuotes, DoesNotCutWithinACharacter) {
  const std::string kept(199, 'x');
  EXPECT_EQ(inQuotes(kept + "\xC3\xA9\xC3\xA9"), '"' + kept + "...\"");
}

TEST(BeforeEquals, LeavesOutWhatMayBeASecret) {
  EXPECT_EQ(beforeEquals("NAME=value=more"), "NAME=...");
  EXPECT_EQ(beforeEquals("=value"), "=...");
  EXPECT_EQ(beforeEquals("NAME"), "NAME");
  EXPECT_EQ(beforeEquals(""), "");
}

}  // namespace
}  // namespace holdfast
