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
  state.lasting = "held at views.py:42";
  EXPECT_EQ(liveLine(state, start + 130s), "attached · VS Code · 2 min 10 s");
  EXPECT_EQ(plainLine(state), "attached · VS Code · held at views.py:42");
}

TEST(LiveLine, SaysHowLongItIsHeldAndWhoWaits) {
  const std::chrono::steady_clock::time_point start{};
  BridgeState state;
  state.phase = BridgeState::kAttached;
  state.client = "VS Code";
  state.since = start;
  state.hold = Hold();
  state.hold->since = start + 1h;
  EXPECT_EQ(liveLine(state, start + 1h + 3s), "attached · VS Code · held · 3 s");
  state.hold->file = "/srv/site/views.py";
  state.hold->line = 42;
  EXPECT_EQ(liveLine(state, start + 1h + 130s),
            "attached · VS Code · held at views.py:42 · 2 min 10 s");
  state.patience = "GET /x kept by hop, nginx waits 60 s";
  EXPECT_EQ(liveLine(state, start + 1h + 130s),
            "attached · VS Code · held at views.py:42 · 2 min 10 s · GET /x kept by hop, nginx "
            "waits 60 s");
}

TEST(LiveLine, NamesTheFileOfAHold) {
  Hold hold;
  EXPECT_EQ(heldText(hold), "held");
  hold.file = "C:\\site\\views.py";
  hold.line = 42;
  EXPECT_EQ(heldText(hold), "held at views.py:42");
  hold.kind = Hold::Kind::kUnknown;
  hold.file.clear();
  EXPECT_EQ(heldText(hold), "may be held");
}

TEST(LiveLine, IsCutToTheTerminal) {
  EXPECT_EQ(cutToWidth("attached · x", 12), "attached · x");
  EXPECT_EQ(cutToWidth("attached · xy", 12), "attached ...");
  EXPECT_EQ(cutToWidth("ab · cdefgh", 7), "ab ·...");
  EXPECT_EQ(cutToWidth("abcdef", 2), "abcdef");
}

}  // namespace
}  // namespace holdfast::proxy
