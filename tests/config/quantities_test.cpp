#include "config/quantities.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1024 * 1024;

std::string durationOf(const std::string& text) {
  std::chrono::milliseconds value = -1ms;
  const Objection objection = parseDuration(text, 0ms, 24h, value);
  EXPECT_TRUE(!objection || value == -1ms);
  return objection ? *objection : std::to_string(value.count());
}

std::string bytesOf(const std::string& text) {
  std::uint64_t value = 7;
  const Objection objection = parseBytes(text, 0, 1024 * kMiB, value);
  EXPECT_TRUE(!objection || value == 7u);
  return objection ? *objection : std::to_string(value);
}

TEST(ParseDuration, TakesEveryUnitInAnyCase) {
  EXPECT_EQ(durationOf("90"), "90000");
  EXPECT_EQ(durationOf("90 s"), "90000");
  EXPECT_EQ(durationOf("90s"), "90000");
  EXPECT_EQ(durationOf("500 ms"), "500");
  EXPECT_EQ(durationOf("5 Min"), "300000");
  EXPECT_EQ(durationOf("1   h"), "3600000");
  EXPECT_EQ(durationOf("1 D"), "86400000");
  EXPECT_EQ(durationOf("0"), "0");
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text :
       {"", " 1", "s", "1.5 h", "-1", "1 m", "1 hour", "1 s ", "1 s s", "0x1", "1e3", "\t1",
        "18446744073709551616", "18446744073709551615 d", "2 d", "86400001 ms"}) {
    EXPECT_EQ(durationOf(text),
              "must be a time from 0 s to 1 d, a whole number with ms, s, min, h or d")
        << text;
  }
}

TEST(DurationText, TakesTheLargestUnitThatFits) {
  EXPECT_EQ(durationText(0ms), "0 s");
  EXPECT_EQ(durationText(1ms), "1 ms");
  EXPECT_EQ(durationText(90s), "90 s");
  EXPECT_EQ(durationText(300s), "5 min");
  EXPECT_EQ(durationText(48h), "2 d");
}

TEST(ParseBytes, TakesEveryUnitInAnyCase) {
  EXPECT_EQ(bytesOf("1000"), "1000");
  EXPECT_EQ(bytesOf("1000 B"), "1000");
  EXPECT_EQ(bytesOf("64 KiB"), "65536");
  EXPECT_EQ(bytesOf("10MB"), "10000000");
  EXPECT_EQ(bytesOf("10 kb"), "10000");
  EXPECT_EQ(bytesOf("1 gib"), "1073741824");
  EXPECT_EQ(bytesOf("1 GB"), "1000000000");
}

TEST(ParseBytes, RefusesEverythingElse) {
  for (const char* text : {"", "1 K", "1.5 MiB", "-1", "1 TiB", "many", "2 GiB", "1073741825",
                           "18446744073709551615 GiB"}) {
    EXPECT_EQ(bytesOf(text),
              "must be a size from 0 B to 1 GiB, a whole number with B, kB, MB, GB, KiB, MiB or "
              "GiB")
        << text;
  }
}

TEST(BytesText, TakesTheLargestPowerOfTwoThatFits) {
  EXPECT_EQ(bytesText(0), "0 B");
  EXPECT_EQ(bytesText(1000), "1000 B");
  EXPECT_EQ(bytesText(64 * 1024), "64 KiB");
  EXPECT_EQ(bytesText(3 * kMiB), "3 MiB");
  EXPECT_EQ(bytesText(2048 * kMiB), "2 GiB");
}

}  // namespace
}  // namespace holdfast
