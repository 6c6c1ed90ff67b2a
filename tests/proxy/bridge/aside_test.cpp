#include "proxy/bridge/aside.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

namespace holdfast::proxy {
namespace {

TEST(Aside, GivesTheResult) {
  StoppableWait wait;
  EXPECT_EQ(aside<int>([] { return 17; }, wait), 17);
}

TEST(Aside, PassesOnWhatWentWrong) {
  StoppableWait wait;
  EXPECT_THROW(aside<int>([]() -> int { throw std::runtime_error("no"); }, wait),
               std::runtime_error);
}

TEST(Aside, IsNotWaitedForAfterItWasCalledOff) {
  StoppableWait wait;
  auto never = std::make_shared<std::promise<int>>();
  auto over = std::make_shared<std::promise<void>>();
  const std::function<int()> work = [never, over, &wait] {
    wait.stop();
    const int result = never->get_future().get();
    over->set_value();
    return result;
  };
  EXPECT_THROW(aside(work, wait), CalledOff);
  // Its thread is still there.
  never->set_value(1);
  over->get_future().wait();
}

}  // namespace
}  // namespace holdfast::proxy
