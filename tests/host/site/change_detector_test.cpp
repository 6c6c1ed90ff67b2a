#include "host/site/change_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class ChangeDetectorTest : public testing::Test {
 protected:
  ChangeDetector::TimePoint at(std::chrono::milliseconds time) {
    return ChangeDetector::TimePoint() + time;
  }

  ChangeDetector detector_{{.quiet = 200ms, .longest = 5000ms}};
};

TEST_F(ChangeDetectorTest, SaysNothingWhereNothingChanged) {
  EXPECT_EQ(detector_.due(), std::nullopt);
}

TEST_F(ChangeDetectorTest, WaitsUntilItIsQuiet) {
  detector_.fileChanged(at(1000ms), "app.py");
  EXPECT_EQ(detector_.due(), at(1200ms));
  detector_.fileChanged(at(1150ms), "app.py");
  EXPECT_EQ(detector_.due(), at(1350ms));
  const ReloadReason reason = detector_.take();
  EXPECT_THAT(reason.names, ElementsAre("app.py"));
  EXPECT_EQ(reason.count, 1u);
  EXPECT_FALSE(reason.settings_changed);
  EXPECT_EQ(detector_.due(), std::nullopt);
}

TEST_F(ChangeDetectorTest, DoesNotWaitForEverForWhatNeverStops) {
  for (auto time = 0ms; time < 5000ms; time += 100ms) detector_.fileChanged(at(time), "data.py");
  EXPECT_EQ(detector_.due(), at(5000ms));
  detector_.take();
  detector_.fileChanged(at(5050ms), "data.py");
  EXPECT_EQ(detector_.due(), at(5250ms)) << "the limit counts anew";
}

TEST_F(ChangeDetectorTest, NamesTheFirstFilesAndCountsEachOnce) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 42; ++i) detector_.fileChanged(at(1ms), std::to_string(i) + ".py");
  }
  const ReloadReason reason = detector_.take();
  EXPECT_THAT(reason.names, ElementsAre("0.py", "1.py", "2.py"));
  EXPECT_EQ(reason.count, 42u);
}

TEST_F(ChangeDetectorTest, TellsASettingsFileFromCode) {
  detector_.fileChanged(at(1ms), "app.py");
  detector_.settingsChanged(at(2ms), "holdfast.yaml");
  ReloadReason reason = detector_.take();
  EXPECT_TRUE(reason.settings_changed);
  EXPECT_THAT(reason.names, ElementsAre("app.py", "holdfast.yaml"));
  detector_.fileChanged(at(3ms), "app.py");
  EXPECT_FALSE(detector_.take().settings_changed);
}

TEST_F(ChangeDetectorTest, KeepsCountingWhereThereAreTooManyNamesToKeep) {
  for (int i = 0; i < 30'000; ++i) detector_.fileChanged(at(1ms), std::to_string(i));
  EXPECT_EQ(detector_.take().count, 30'000u);
}

TEST(DescribeReload, IsOneLineForTheLog) {
  EXPECT_EQ(describe({{"app.py"}, 1, false}), "app.py changed");
  EXPECT_EQ(describe({{"app.py", "b.py"}, 2, false}), "app.py and b.py changed");
  EXPECT_EQ(describe({{"a.py", "b.py", "c.py"}, 3, false}), "a.py, b.py and c.py changed");
  EXPECT_EQ(describe({{"a.py", "b.py", "c.py"}, 44, false}),
            "a.py, b.py, c.py and 41 more changed");
  EXPECT_EQ(describe({{"two\nlines.py"}, 1, false}), "two\\x0Alines.py changed");
}

}  // namespace
}  // namespace holdfast
