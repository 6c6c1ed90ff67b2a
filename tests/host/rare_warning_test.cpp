#include "host/rare_warning.h"

#include <gtest/gtest.h>

#include "tests/support/captured_log.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST(RareWarning, IsLoggedOnceInTenSecondsAndSaysHowManyThereWere) {
  const CapturedLog log;
  RareWarning warning;
  const RareWarning::Clock::time_point start{};  // the machine has just been started
  for (int i = 0; i < 1000; ++i) warning.say("full", start + i * 1ms);
  EXPECT_EQ(log.all(), Lines({"full"}));
  warning.say("full", start + 10s);
  warning.say("full", start + 21s);
  EXPECT_EQ(log.all(), Lines({"full", "full (999 more since the last time)", "full"}));
}

}  // namespace
}  // namespace holdfast
