#include "host/site/page_text.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(ShownText, KeepsWhatIsFit) {
  const std::string text = "a\tb\nGr\u00FC\u00DFe \u2603 \U0001F40D <&>\"'";
  EXPECT_EQ(shownText(text), text);
  EXPECT_EQ(shownText(""), "");
}

TEST(ShownText, ShowsControlCharacters) {
  EXPECT_EQ(shownText("\x1B[31m\x07\x7F\r"), "\u241B[31m\u2407\u2421\u240D");
  EXPECT_EQ(shownText(std::string_view("\0", 1)), "\u2400");
  EXPECT_EQ(shownText("one\r\ntwo"), "one\ntwo");
}

struct Broken {
  const char* name;
  const char* text;
  const char* shown;
};

class BrokenText : public testing::TestWithParam<Broken> {};

TEST_P(BrokenText, IsReplaced) {
  EXPECT_EQ(shownText(GetParam().text), GetParam().shown);
  EXPECT_EQ(shownHtml(GetParam().text), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BrokenText,
    testing::Values(Broken{"StrayByte", "a\xFF!", "a\uFFFD!"},
                    Broken{"LoneContinuation", "\x80z", "\uFFFDz"},
                    Broken{"CutAtTheEnd", "a\xE2\x98", "a\uFFFD\uFFFD"},
                    Broken{"CutInTheMiddle", "\xC3(", "\uFFFD("},
                    Broken{"Overlong", "\xC0\xBC", "\uFFFD\uFFFD"},
                    Broken{"OverlongThree", "\xE0\x80\xBC", "\uFFFD\uFFFD\uFFFD"},
                    Broken{"Surrogate", "\xED\xA0\x80.", "\uFFFD\uFFFD\uFFFD."},
                    Broken{"BeyondUnicode", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
                    Broken{"C1Control", "\xC2\x85.", "\uFFFD."},
                    Broken{"Noncharacter", "\xEF\xBF\xBE.", "\uFFFD."},
                    Broken{"TurnedAround", "\u202Etxt", "\uFFFDtxt"}),
    [](const auto& info) { return info.param.name; });

TEST(ShownHtml, EscapesForTextAndAttributes) {
  EXPECT_EQ(shownHtml("<a href=\"x\" b='y'>&amp;"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(shownHtml("\xC3<\xFF>"), "\uFFFD&lt;\uFFFD&gt;");
}

TEST(FrontOf, CutsNoCharacter) {
  EXPECT_EQ(frontOf("abc", 3), "abc");
  EXPECT_EQ(frontOf("abcd", 3), "abc");
  EXPECT_EQ(frontOf("ab\u2603", 4), "ab");
  EXPECT_EQ(frontOf("ab\u2603", 2), "ab");
  EXPECT_EQ(frontOf("\u2603", 1), "");
  EXPECT_EQ(frontOf("x", 0), "");
}

}  // namespace
}  // namespace holdfast
