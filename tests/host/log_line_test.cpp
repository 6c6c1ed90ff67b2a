#include "host/log_line.h"

#include <Poco/UTF8Encoding.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace holdfast::log {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;

constexpr Event::Time kTime{1'795'743'312'345ms};

std::string text(std::string_view what, const char* level = "info") {
  return textLine({kTime, level, what});
}

/// From `message` on, without the end of the line.
std::string json(std::string_view what, const Fields& fields = {}) {
  const std::string line = jsonLine({kTime, "info", what, &fields});
  const std::string start = R"({"time":"2026-11-27T01:35:12.345Z","level":"info","message":)";
  EXPECT_THAT(line, testing::StartsWith(start));
  EXPECT_THAT(line, EndsWith("}\n"));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  return line.substr(start.size(), line.size() - start.size() - 2);
}

TEST(TextLine, HasTimeLevelAndText) {
  EXPECT_EQ(text("ready"), "2026-11-27T01:35:12.345Z INFO  ready\n");
  EXPECT_EQ(text("ready", "debug"), "2026-11-27T01:35:12.345Z DEBUG ready\n");
  EXPECT_EQ(text("ready", "warning"), "2026-11-27T01:35:12.345Z WARN  ready\n");
  EXPECT_EQ(text("ready", "error"), "2026-11-27T01:35:12.345Z ERROR ready\n");
  EXPECT_EQ(text("ready", "trace"), "2026-11-27T01:35:12.345Z TRACE ready\n");
}

TEST(TextLine, MarksDetailsOnce) {
  EXPECT_THAT(text("why\n  | one\n  |   two"), EndsWith("INFO  why\n  | one\n  |   two\n"));
  EXPECT_THAT(text("why\none\n\ntwo\n"), EndsWith("INFO  why\n  | one\n  | \n  | two\n"));
}

TEST(TextLine, CannotBeForged) {
  EXPECT_THAT(text("a\n2026-11-27T01:35:12.345Z ERROR forged\r\x1b[2J"),
              EndsWith("INFO  a\n  | 2026-11-27T01:35:12.345Z ERROR forged\\x0d\\x1b[2J\n"));
}

TEST(TextLine, ShowsNoFields) {
  const Fields fields{{"status", 200}};
  EXPECT_THAT(textLine({kTime, "info", "done", &fields}), EndsWith("INFO  done\n"));
}

TEST(JsonLine, HasTimeLevelAndMessage) { EXPECT_EQ(json("ready"), R"("ready")"); }

TEST(JsonLine, HasFieldsOfEachKindInTheirOrder) {
  const std::string id = "a1-7";
  const std::size_t bytes = 12;
  EXPECT_EQ(json("x", {{"request", id},
                       {"path", "/a"},
                       {"bytes", bytes},
                       {"status", 200},
                       {"ms", 1.5},
                       {"late", true},
                       {"least", std::numeric_limits<std::int64_t>::min()}}),
            R"("x","request":"a1-7","path":"/a","bytes":12,"status":200,"ms":1.5,"late":true,)"
            R"("least":-9223372036854775808)");
}

TEST(JsonLine, HasNoNumberThatJsonDoesNotKnow) {
  EXPECT_EQ(json("x", {{"a", std::numeric_limits<double>::infinity()},
                       {"b", std::numeric_limits<double>::quiet_NaN()}}),
            R"("x","a":null,"b":null)");
}

TEST(JsonLine, PutsDetailsIntoAFieldWithoutTheirMarks) {
  EXPECT_EQ(json("why\n  | one\n  |   two"), R"("why","detail":"one\n  two")");
  EXPECT_EQ(json("why\none\n\ntwo"), R"("why","detail":"one\n\ntwo")");
  EXPECT_EQ(json("why\n"), R"("why")");
}

TEST(JsonLine, EscapesWhatJsonDoesNotTake) {
  EXPECT_EQ(json("say \"a\\b\"\t\r\x01\x7f"), R"("say \"a\\b\"\u0009\u000d\u0001\u007f")");
  EXPECT_EQ(json(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(json("x", {{"path", "/\"\n"}}), R"("x","path":"/\"\n")");
}

TEST(JsonLine, KeepsUtf8) {
  EXPECT_EQ(json("\u00e9 \u2713 \U0001F600"), "\"\u00e9 \u2713 \U0001F600\"");
}

TEST(JsonLine, SpellsBytesThatAreNoUtf8) {
  EXPECT_EQ(json("a\xff\xfe"), R"("a\\xff\\xfe")");
  EXPECT_EQ(json("\u009b31m\u202e"), R"("\u009b31m\u202e")") << "for a terminal";
  EXPECT_EQ(json("\xc3"), R"("\\xc3")") << "cut short";
  EXPECT_EQ(json("\xe2\x9c!"), R"("\\xe2\\x9c!")");
  EXPECT_EQ(json("\xc0\xaf"), R"("\\xc0\\xaf")") << "overlong";
  EXPECT_EQ(json("\xed\xa0\x80"), R"("\\xed\\xa0\\x80")") << "a surrogate";
  EXPECT_EQ(json("\xf4\x90\x80\x80"), R"("\\xf4\\x90\\x80\\x80")") << "beyond U+10FFFF";
  EXPECT_EQ(json("\xf8\x88\x80\x80\x80"), R"("\\xf8\\x88\\x80\\x80\\x80")");
}

TEST(JsonLine, IsOneLineOfUtf8WhateverComesIn) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[] = {'a', static_cast<char>(first), static_cast<char>(second), 'z'};
      const std::string line = json({bytes, sizeof bytes}, {{"f", std::string(bytes, 4)}});
      for (std::size_t at = 0; at < line.size();) {
        const auto lead = static_cast<unsigned char>(line[at]);
        const int length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        ASSERT_GE(lead, 0x20);
        ASSERT_TRUE(Poco::UTF8Encoding::isLegal(
            reinterpret_cast<const unsigned char*>(line.data() + at), length));
        at += static_cast<std::size_t>(length);
      }
    }
  }
}

}  // namespace
}  // namespace holdfast::log
