#include "proxy/tap/session_tap.h"

#include <gtest/gtest.h>

#include "tests/proxy/tap/tap_script.h"

namespace holdfast::proxy {
namespace {

TEST(SessionTap, TakesTheProtocolOfTheFirstMessage) {
  TapScript<SessionTap> dap;
  dap.client(requestText(1, "initialize"));
  dap.engine(eventText("legacyBreakpointHit", threadBody(1)));
  EXPECT_TRUE(dap.isRunning());
  dap.engine(eventText("stopped", threadBody(1)));
  EXPECT_TRUE(dap.isHeld());

  TapScript<SessionTap> legacy;
  legacy.engine(eventText("legacyRemoteConnected"));
  legacy.engine(eventText("stopped", threadBody(1)));
  EXPECT_TRUE(legacy.isRunning());
  legacy.engine(eventText("legacyBreakpointHit", threadBody(1)));
  EXPECT_TRUE(legacy.isHeld());

  TapScript<SessionTap> of_client;
  of_client.client(requestText(0, "legacyRemoteDebuggerAuthenticate"));
  of_client.engine(eventText("legacyAsyncBreak", threadBody(1)));
  EXPECT_TRUE(of_client.isHeld());
}

TEST(SessionTap, StaysBlindFromTheBeginning) {
  TapScript<SessionTap> script;
  EXPECT_TRUE(script.blind());
  script.engine(eventText("legacyRemoteConnected"));
  EXPECT_TRUE(script.isUnknown());
}

}  // namespace
}  // namespace holdfast::proxy
