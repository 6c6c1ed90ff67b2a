#include "proxy/tap/json_walker.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace holdfast::proxy {
namespace {

std::string text(std::string_view json, std::size_t max_bytes = 100) {
  JsonWalker walker(json);
  std::string text = "unset";
  walker.takeText(text, max_bytes);
  return text;
}

std::optional<std::int64_t> integer(std::string_view json) {
  JsonWalker walker(json);
  std::optional<std::int64_t> number;
  walker.takeInteger(number);
  return number;
}

TEST(JsonWalker, VisitsMembersAndElements) {
  JsonWalker walker(R"( { "a" : [1, {"x": [2]} ,3] , "b":{}, "c":[], "d":"}" } )");
  std::string keys;
  int elements = 0;
  EXPECT_TRUE(walker.eachMember([&](std::string_view key) {
    keys += key;
    if (key != "a") return walker.skipValue();
    return walker.eachElement([&] {
      ++elements;
      return walker.skipValue();
    });
  }));
  EXPECT_EQ(keys, "abcd");
  EXPECT_EQ(elements, 3);
}

TEST(JsonWalker, SkipsWhatIsNoObjectOrArray) {
  for (const char* json : {"7", "null", "\"x\"", "[[]]"}) {
    JsonWalker walker(json);
    EXPECT_TRUE(walker.eachMember([](std::string_view) { return false; })) << json;
    EXPECT_FALSE(walker.skipValue()) << "all is taken";
  }
  JsonWalker walker("{\"a\":1}");
  EXPECT_TRUE(walker.eachElement([] { return false; }));
}

TEST(JsonWalker, EndsWhereTheTextIsMalformed) {
  for (const char* json : {"", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":[", "{\"a\":\"\\", "{,}",
                           "{\"a\":1 2}", "{\"a\":1,}", "{a:1}"}) {
    JsonWalker walker(json);
    EXPECT_FALSE(walker.eachMember([&](std::string_view) { return walker.skipValue(); })) << json;
  }
}

TEST(JsonWalker, TakesIntegersOnly) {
  EXPECT_EQ(integer(" 12"), 12);
  EXPECT_EQ(integer("-9223372036854775808"), INT64_MIN);
  for (const char* json :
       {"9223372036854775808", "1.0", "1e3", "true", "null", "\"1\"", "[1]", "{}", "", "-"}) {
    EXPECT_EQ(integer(json), std::nullopt) << json;
  }
}

TEST(JsonWalker, FindsTheEndOfAString) {
  JsonWalker walker(R"("" "a" "\"" "\\" "\\\"" "\\\\" "open\")");
  for (const char* written : {"", "a", R"(\")", R"(\\)", R"(\\\")", R"(\\\\)"}) {
    EXPECT_EQ(walker.takeString(), written);
  }
  EXPECT_EQ(walker.takeString(), std::nullopt);
  EXPECT_FALSE(walker.skipValue());
}

TEST(JsonWalker, DecodesText) {
  EXPECT_EQ(text(R"("a\"\\\u00e9")"), "a\"\\\xC3\xA9");
  EXPECT_EQ(text("\"a\\nb\\u001b\""), "a\\x0Ab\\x1B");
  EXPECT_EQ(text("\"caf\xC3\xA9\"", 4), "caf") << "no half of a character";
  for (const char* json : {"\"\\ud800\"", "\"\\x\"", "\"\xff\""}) EXPECT_EQ(text(json), "") << json;
  EXPECT_EQ(text('"' + std::string(100'000, 'x') + '"'), "");
  for (const char* json : {"1", "null", "{\"a\":\"b\"}", "\"open", ""}) {
    EXPECT_EQ(text(json), "unset") << json;
  }
}

TEST(JsonWalker, IsNotDeepenedByNesting) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  JsonWalker walker(deep);
  EXPECT_TRUE(walker.skipValue());
}

}  // namespace
}  // namespace holdfast::proxy
