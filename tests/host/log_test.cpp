#include "host/log.h"

#include <gtest/gtest.h>

#include "tests/support/captured_log.h"

namespace holdfast {
namespace {

TEST(LogPrintable, EscapesWhateverElseSteersATerminal) {
  EXPECT_EQ(log::printable("Gr\u00fc\u00dfe\t\u65e5"), "Gr\u00fc\u00dfe\t\u65e5");
  EXPECT_EQ(log::printable("\u009b31m"), "\\xc2\\x9b31m");  // CSI in one character
  EXPECT_EQ(log::printable("a\u202eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(log::printable("\x9b"
                           "31m\xff"),
            "\\x9b31m\\xff");
}

TEST(LogPrintable, EscapesControlCharacters) {
  EXPECT_EQ(log::printable("plain text"), "plain text");
  EXPECT_EQ(log::printable("\x1b[31mred\r\nnext\x7f"), "\\x1b[31mred\\x0d\\x0anext\\x7f");
  EXPECT_EQ(log::printable(std::string_view("\0\x01\x1f", 3)), "\\x00\\x01\\x1f");
}

TEST(LogPrintable, KeepsTabsAndUtf8) {
  EXPECT_EQ(log::printable("a\tb \u00e9\u2713"), "a\tb \u00e9\u2713");
}

TEST(LogIndented, GivesEveryLineAMarkOfItsOwn) {
  EXPECT_EQ(log::indented("one\n  two\nthree"), "\n  | one\n  |   two\n  | three");
  EXPECT_EQ(log::indented("one\n"), "\n  | one");
  EXPECT_EQ(log::indented("one\n\ntwo"), "\n  | one\n  | \n  | two");
  EXPECT_EQ(log::indented(""), "");
}

TEST(LogIndented, EscapesWhatCouldForgeALine) {
  EXPECT_EQ(log::indented("a\r2026-01-01 INFO forged\x1b[2J"),
            "\n  | a\\x0d2026-01-01 INFO forged\\x1b[2J");
}

TEST(Log, WritesEachLevel) {
  const CapturedLog captured;
  log::debug("one");
  log::info("two");
  log::warning("three");
  log::error("four");
  EXPECT_EQ(captured.all(), (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST(Log, CanBeToldToSayLess) {
  const CapturedLog captured;
  log::setLevel(LogLevel::kWarning);
  EXPECT_FALSE(log::isEnabled(LogLevel::kInfo));
  EXPECT_TRUE(log::isEnabled(LogLevel::kWarning));
  log::info("one");
  log::warning("two");
  log::event(LogLevel::kInfo, "three", {{"status", 200}});
  log::setLevel(LogLevel::kInfo);
  log::info("four");
  log::debug("five");
  EXPECT_EQ(captured.all(), (std::vector<std::string>{"two", "four"}));
}

TEST(Log, HasFieldsForPrograms) {
  const CapturedLog captured;
  log::event(LogLevel::kWarning, "slow", {{"request", "a-1"}, {"status", 200}});
  EXPECT_EQ(captured.json(),
            (std::vector<std::string>{
                R"({"time":"1970-01-01T00:00:00.000Z","level":"warning","message":"slow",)"
                R"("request":"a-1","status":200})"
                "\n"}));
}

}  // namespace
}  // namespace holdfast
