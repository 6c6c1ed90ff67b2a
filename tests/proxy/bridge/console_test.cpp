#include "proxy/bridge/console.h"

#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::proxy {
namespace {

TEST(Console, PrintsALineForEachChangeWhereLinesStay) {
  std::ostringstream out;
  {
    Console console(out, false);
    console.show("attached 1 s", "attached");
    console.show("attached 2 s", "attached");
    console.say("warning");
    console.show("attached 3 s", "attached");
    console.show("waiting", "waiting");
  }
  EXPECT_EQ(out.str(), "attached\nwarning\nwaiting\n");
}

TEST(Console, RewritesTheLastLineOfATerminal) {
  std::ostringstream out;
  {
    Console console(out, true);
    console.show("1 s", "");
    console.show("1 s", "");
    console.show("2 s", "");
    console.say("warning");
  }
  EXPECT_EQ(out.str(), "1 s\r\x1B[K2 s\r\x1B[Kwarning\n2 s\n");
}

}  // namespace
}  // namespace holdfast::proxy
