#include "proxy/bridge/live_line.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;

TEST(LiveLine, SaysHowItStands) {
  const std::chrono::steady_clock::time_point start{};
  BridgeState state;
  state.address = "127.0.0.1:5678";
  EXPECT_EQ(liveLine(state, start + 10s), "waiting for a debugger on 127.0.0.1:5678");
  state.phase = BridgeState::kConnecting;
  EXPECT_EQ(liveLine(state, start + 10s), "a debugger is here, connecting to the site");
  state.phase = BridgeState::kAttached;
  state.since = start;
  EXPECT_EQ(liveLine(state, start + 10s), "attached · 10 s");
  state.client = "VS Code";
  EXPECT_EQ(liveLine(state, start + 130s), "attached · VS Code · 2 min 10 s");
  state.hold = "held at views.py:42";
  EXPECT_EQ(liveLine(state, start + 1h + 130s),
            "attached · VS Code · held at views.py:42 · 1 h 2 min");
  EXPECT_EQ(plainLine(state), "attached · VS Code · held at views.py:42");
}

TEST(LiveLine, IsCutToTheTerminal) {
  EXPECT_EQ(cutToWidth("attached · x", 12), "attached · x");
  EXPECT_EQ(cutToWidth("attached · xy", 12), "attached ...");
  EXPECT_EQ(cutToWidth("ab · cdefgh", 7), "ab ·...");
  EXPECT_EQ(cutToWidth("abcdef", 2), "abcdef");
}

}  // namespace
}  // namespace holdfast::proxy
