#include "proxy/bridge/jsonc.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

std::string problemOf(std::string_view text) {
  std::string problem;
  return parseJsonc(text, problem) ? "" : problem;
}

std::string decoded(std::string_view text) {
  std::string problem;
  const auto value = parseJsonc(text, problem);
  return value ? jsonString(text, *value) : "no JSON: " + problem;
}

TEST(Jsonc, KnowsWhereEachValueStands) {
  const std::string_view text = R"( {"a": [1, "x"], "b": {"c": -1.5e3}} )";
  std::string problem;
  const auto root = parseJsonc(text, problem);
  ASSERT_TRUE(root) << problem;
  const auto part = [&](const JsonValue& v) { return text.substr(v.begin, v.end - v.begin); };
  EXPECT_EQ(part(*root), R"({"a": [1, "x"], "b": {"c": -1.5e3}})");
  EXPECT_EQ(part(*root->find("a")), R"([1, "x"])");
  EXPECT_EQ(part(root->find("a")->elements[1]), R"("x")");
  EXPECT_EQ(part(*root->find("b")->find("c")), "-1.5e3");
  EXPECT_EQ(root->find("c"), nullptr);
  EXPECT_EQ(root->find("a")->find("x"), nullptr);
}

TEST(Jsonc, TakesCommentsAndTrailingCommas) {
  EXPECT_EQ(problemOf("\xEF\xBB\xBF// first\n{ /* { */ \"a\": [1, 2,], // }\n}\n// last"), "");
  EXPECT_EQ(problemOf("[\"// no comment\", \"/*\"]"), "");
}

TEST(Jsonc, TakesTheLastOfSeveralMembers) {
  const std::string_view text = R"({"a": "1", "a": "2"})";
  std::string problem;
  EXPECT_EQ(jsonString(text, *parseJsonc(text, problem), "a"), "2");
}

TEST(Jsonc, DecodesTexts) {
  EXPECT_EQ(decoded(R"("C:\\a\/b\n\t\"\u0041")"), "C:\\a/b\n\t\"A");
  EXPECT_EQ(decoded(R"("\u00e4\u20ac\ud83d\ude00")"), "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded(R"("\ud83dx\ude00\u12")"), "\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(decoded("\"\xC3\xA4\""), "\xC3\xA4");
  EXPECT_EQ(decoded("1"), "");
}

TEST(Jsonc, QuotesWhatItDecodes) {
  const std::string text("C:\\a \"b\"\n\x01\x7F\xC3\xA4");
  EXPECT_EQ(decoded(quotedJson(text)), text);
  EXPECT_EQ(quotedJson("a\nb"), R"("a\u000ab")");
}

TEST(Jsonc, SaysWhereItIsNone) {
  EXPECT_EQ(problemOf(""), "line 1: a value is expected");
  EXPECT_EQ(problemOf("{\n\"a\" 1}"), "line 2: a colon is expected");
  EXPECT_EQ(problemOf("{\n\n\"a\": 1 \"b\": 2}"), "line 3: a comma or } is expected");
  EXPECT_EQ(problemOf("[1 2]"), "line 1: a comma or ] is expected");
  EXPECT_EQ(problemOf("{a: 1}"), "line 1: a name in quotation marks is expected");
  EXPECT_EQ(problemOf("[1] x"), "line 1: the end is expected");
  EXPECT_EQ(problemOf("[1, /* x"), "line 1: the end of this comment is expected");
  for (const char* text : {"{", "[", "[,]", "{,}", "\"a", "\"a\\", "\"a\nb\"", "'a'", "tru",
                           "[1,,2]", "{\"a\":}", "{\"a\"", "/", "undefined"}) {
    EXPECT_NE(problemOf(text), "") << text;
  }
}

TEST(Jsonc, RefusesWhatWouldTakeTheStack) {
  EXPECT_EQ(problemOf(std::string(90, '[') + std::string(90, ']')), "");
  EXPECT_NE(problemOf(std::string(1000000, '[')), "");
}

}  // namespace
}  // namespace holdfast::proxy
