#include "host/site/shown_text.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(ShownText, KeepsWhatPeopleWrite) {
  EXPECT_EQ(shownText("", 10), "");
  EXPECT_EQ(shownText("Gr\u00fc\u00dfe \u65e5\u672c \U0001f600", 100),
            "Gr\u00fc\u00dfe \u65e5\u672c \U0001f600");
}

TEST(ShownText, EscapesWhatSteersATerminal) {
  EXPECT_EQ(shownText("a\nb\x1b[31m\x7f", 100), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(shownText("\u009b31m", 100), "\\xc2\\x9b31m");     // CSI in one character
  EXPECT_EQ(shownText("a\u202eb", 100), "a\\xe2\\x80\\xaeb");  // from right to left
}

TEST(ShownText, EscapesWhatIsNoUtf8) {
  EXPECT_EQ(shownText("\xff", 100), "\\xff");
  EXPECT_EQ(shownText("a\xc3", 100), "a\\xc3");                  // ends too early
  EXPECT_EQ(shownText("\xc3(", 100), "\\xc3(");                  // goes on wrong
  EXPECT_EQ(shownText("\xc0\xaf", 100), "\\xc0\\xaf");           // longer than needed
  EXPECT_EQ(shownText("\xed\xa0\x80", 100), "\\xed\\xa0\\x80");  // half of a pair
  EXPECT_EQ(shownText(std::string_view("\0x", 2), 100), "\\x00x");
}

TEST(ShownText, CutsBetweenCharacters) {
  EXPECT_EQ(shownText("0123456789", 10), "0123456789");
  EXPECT_EQ(shownText("0123456789a", 10), "0123456...");
  EXPECT_EQ(shownText("12345\u00fc\u00fc\u00fc", 10), "12345\u00fc...");
  EXPECT_EQ(shownText("123456\u00fc\u00fc\u00fc", 10), "123456...");
  EXPECT_EQ(shownText("123456\n\n", 10), "123456...");
}

TEST(PathOf, LeavesTheQueryOut) {
  EXPECT_EQ(pathOf("/a/b?token=x?y"), "/a/b");
  EXPECT_EQ(pathOf("/a"), "/a");
  EXPECT_EQ(pathOf("?x"), "");
  EXPECT_EQ(pathOf(""), "");
}

Settings settingsWith(std::vector<EnvironmentVariable> variables) {
  Settings settings;
  settings.app.environment = std::move(variables);
  return settings;
}

TEST(Redaction, PutsNamesInThePlaceOfValues) {
  const Redaction redaction(settingsWith({{"DB", "hunter22"}, {"KEY", "abcdef"}}));
  EXPECT_EQ(redaction.apply("at hunter22, then abcdefabcdef."), "at ${DB}, then ${KEY}${KEY}.");
  EXPECT_EQ(redaction.apply("hunter2"), "hunter2");
  EXPECT_EQ(redaction.apply(""), "");
}

TEST(Redaction, LeavesNoRestOfALongerValue) {
  const Redaction redaction(settingsWith({{"SHORT", "secret"}, {"LONG", "secret-and-more"}}));
  EXPECT_EQ(redaction.apply("secret-and-more secret-and"), "${LONG} ${SHORT}-and");
}

TEST(Redaction, FindsAllInMuchTextAmongManyValues) {
  std::vector<EnvironmentVariable> variables;
  for (int i = 0; i < 500; ++i) variables.push_back({"V", "value number " + std::to_string(i)});
  const Redaction redaction(settingsWith(variables));
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "zzzzzzzzzzzz value number 7.\n";
  const std::string shown = redaction.apply(text);
  EXPECT_EQ(shown.find("value"), std::string::npos);
  EXPECT_TRUE(shown.ends_with("zzzzzzzzzzzz ${V}.\n"));
}

TEST(Redaction, HidesAValueAcrossTheEndOfWhatItTakes) {
  const Redaction redaction(settingsWith({{"SECRET", "0123456789abcdef"}}));
  const std::string before(Redaction::kMaxBytes - 3, 'x');
  EXPECT_EQ(redaction.apply(before + "0123456789abcdef and more"), before + "${SECRET}");
  EXPECT_EQ(redaction.apply(before + "yyyyyy"), before + "yyy");
}

TEST(Redaction, LeavesWordsAlone) {
  const Redaction redaction(settingsWith({{"DEBUG", "true"}, {"EMPTY", ""}}));
  EXPECT_EQ(redaction.apply("it is true"), "it is true");
}

TEST(Redaction, KnowsTheSecretsAmongTheSettings) {
  Settings settings;
  settings.debug.secret = Secret("0123456789abcdef");
  settings.app.telemetry_key = Secret("00000000-1111");
  const Redaction redaction(settings);
  EXPECT_EQ(redaction.apply("0123456789abcdef 00000000-1111"),
            "${WSGI_PTVSD_SECRET} ${APPINSIGHTS_INSTRUMENTATIONKEY}");
}

}  // namespace
}  // namespace holdfast
