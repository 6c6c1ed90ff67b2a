#include "proxy/session/hold_watch.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

constexpr char kStopped[] =
    R"({"seq":1,"type":"event","event":"stopped","body":{"reason":"step","threadId":1}})";
constexpr char kTerminated[] = R"({"seq":2,"type":"event","event":"terminated"})";
constexpr char kOther[] = R"({"seq":3,"type":"event","event":"output"})";

TEST(HoldWatch, TellsOfEachChangeThatIsTaken) {
  int told = 0;
  HoldWatch watch([&] { ++told; });
  watch.onClientMessage(R"({"seq":1,"type":"request","command":"initialize"})");
  watch.onEngineMessage(kOther);
  EXPECT_EQ(told, 0);
  watch.onEngineMessage(kStopped);
  EXPECT_EQ(told, 1);
  const auto hold = watch.take()->hold;
  ASSERT_TRUE(hold);
  EXPECT_EQ(hold->reason, "step");
  EXPECT_FALSE(watch.take()) << "twice";
  watch.onEngineMessage(kTerminated);
  EXPECT_EQ(told, 2);
  EXPECT_FALSE(watch.take()->hold);
  watch.onBlind();
  EXPECT_EQ(told, 3);
  EXPECT_EQ(watch.take()->hold->kind, Hold::Kind::kUnknown);
}

TEST(HoldWatch, TellsOfAStep) {
  HoldWatch watch([] {});
  watch.onClientMessage(R"({"seq":1,"type":"request","command":"initialize"})");
  watch.onEngineMessage(kStopped);
  EXPECT_EQ(watch.take()->motion, Motion::kNone);
  watch.onClientMessage(
      R"({"seq":2,"type":"request","command":"next","arguments":{"threadId":1}})");
  const HoldNews asked = watch.take().value();
  EXPECT_TRUE(asked.hold);
  EXPECT_EQ(asked.motion, Motion::kStepping);
  watch.onEngineMessage(
      R"({"seq":4,"type":"response","request_seq":2,"success":true,"command":"next"})");
  const HoldNews steps = watch.take().value();
  EXPECT_FALSE(steps.hold);
  EXPECT_EQ(steps.motion, Motion::kStepping);
  watch.onEngineMessage(kStopped);
  EXPECT_EQ(watch.take()->motion, Motion::kNone);
}

TEST(HoldWatch, ChangesThatNobodyTakesBecomeOne) {
  int told = 0;
  HoldWatch watch([&] { ++told; });
  for (int i = 0; i < 1000; ++i) {
    watch.onEngineMessage(kStopped);
    watch.onEngineMessage(kTerminated);
  }
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(watch.take()->hold);
  watch.onEngineMessage(kStopped);
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace holdfast::proxy
