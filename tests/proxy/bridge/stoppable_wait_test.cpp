#include "proxy/bridge/stoppable_wait.h"

#include <gtest/gtest.h>

#include <thread>

#include "proxy/tls/socket_pair.h"

namespace holdfast::proxy {
namespace {

using Clock = StoppableWait::Clock;

TEST(StoppableWait, EndsWithASocketOrTheTime) {
  auto [ours, theirs] = makeLocalPair();
  StoppableWait wait;
  Watched watched[] = {{&ours, true, false}};
  EXPECT_FALSE(wait.until(watched, Clock::now()));
  theirs.sendBytes("x", 1);
  EXPECT_TRUE(wait.until(watched, Clock::now() + std::chrono::minutes(1)));
  EXPECT_TRUE(watched[0].readable);
}

TEST(StoppableWait, IsCalledOffByAnotherThread) {
  StoppableWait wait;
  std::thread other([&] { wait.stop(); });
  EXPECT_THROW(wait.pause(std::chrono::hours(1)), CalledOff);
  other.join();
  // From then on, at once.
  EXPECT_THROW(wait.pause(std::chrono::hours(1)), CalledOff);
  EXPECT_TRUE(wait.orStopped({}, Clock::now() + std::chrono::hours(1)));
}

TEST(StoppableWait, WaitsForTheGoodbyeRegardless) {
  auto [ours, theirs] = makeLocalPair();
  StoppableWait wait;
  wait.stop();
  theirs.sendBytes("x", 1);
  Watched watched[] = {{&ours, true, false}};
  // The first may end at once, by the call that called it off.
  for (int i = 0; i < 2 && !watched[0].readable; ++i) {
    wait.regardless(watched, Clock::now() + std::chrono::minutes(1));
  }
  EXPECT_TRUE(watched[0].readable);
}

}  // namespace
}  // namespace holdfast::proxy
