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

  /// A file changes, and the reload is made as soon as it is due. \return when
  std::chrono::milliseconds reload(std::chrono::milliseconds time, const std::string& name,
                                   ReloadReason& reason) {
    detector_.fileChanged(at(time), name);
    const auto due = *detector_.due();
    reason = detector_.take(due);
    return std::chrono::duration_cast<std::chrono::milliseconds>(due - at(0ms));
  }

  const ChangeDetector::TimePoint now_ = at(0ms);
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
  const ReloadReason reason = detector_.take(now_);
  EXPECT_THAT(reason.names, ElementsAre("app.py"));
  EXPECT_EQ(reason.count, 1u);
  EXPECT_FALSE(reason.settings_changed);
  EXPECT_EQ(detector_.due(), std::nullopt);
}

TEST_F(ChangeDetectorTest, DoesNotWaitForEverForWhatNeverStops) {
  for (auto time = 0ms; time < 5000ms; time += 100ms) detector_.fileChanged(at(time), "data.py");
  EXPECT_EQ(detector_.due(), at(5000ms));
  detector_.take(now_);
  detector_.fileChanged(at(5050ms), "data.py");
  EXPECT_EQ(detector_.due(), at(5250ms)) << "the limit counts anew";
}

TEST_F(ChangeDetectorTest, NamesTheFirstFilesAndCountsEachOnce) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 42; ++i) detector_.fileChanged(at(1ms), std::to_string(i) + ".py");
  }
  const ReloadReason reason = detector_.take(now_);
  EXPECT_THAT(reason.names, ElementsAre("0.py", "1.py", "2.py"));
  EXPECT_EQ(reason.count, 42u);
}

TEST_F(ChangeDetectorTest, TellsASettingsFileFromCode) {
  detector_.fileChanged(at(1ms), "app.py");
  detector_.settingsChanged(at(2ms), "holdfast.yaml");
  ReloadReason reason = detector_.take(now_);
  EXPECT_TRUE(reason.settings_changed);
  EXPECT_THAT(reason.names, ElementsAre("app.py", "holdfast.yaml"));
  detector_.fileChanged(at(3ms), "app.py");
  EXPECT_FALSE(detector_.take(now_).settings_changed);
}

TEST_F(ChangeDetectorTest, KeepsCountingWhereThereAreTooManyNamesToKeep) {
  for (int i = 0; i < 30'000; ++i) detector_.fileChanged(at(1ms), std::to_string(i));
  EXPECT_EQ(detector_.take(now_).count, 30'000u);
}

TEST(DescribeReload, IsOneLineForTheLog) {
  EXPECT_EQ(describe({{"app.py"}, 1, false}), "app.py changed");
  EXPECT_EQ(describe({{"app.py", "b.py"}, 2, false}), "app.py and b.py changed");
  EXPECT_EQ(describe({{"a.py", "b.py", "c.py"}, 3, false}), "a.py, b.py and c.py changed");
  EXPECT_EQ(describe({{"a.py", "b.py", "c.py"}, 44, false}),
            "a.py, b.py, c.py and 41 more changed");
  EXPECT_EQ(describe({{"two\nlines.py"}, 1, false}), "two\\x0Alines.py changed");
}

TEST_F(ChangeDetectorTest, MakesReloadsRareThatChangeTheSameFileEachTime) {
  auto time = 1000ms;
  std::vector<std::string> restless;
  std::vector<std::chrono::milliseconds> distances;
  for (int i = 0; i < 12; ++i) {
    ReloadReason reason;
    detector_.fileChanged(at(time + 300ms), "other" + std::to_string(i) + ".py");
    const auto next = reload(time + 300ms, "written.py", reason);
    if (!reason.restless.empty()) restless.push_back(std::to_string(i) + reason.restless);
    distances.push_back(next - time);
    time = next;
  }
  EXPECT_THAT(restless, ElementsAre("5written.py"));
  EXPECT_THAT(distances, ElementsAre(500ms, 500ms, 500ms, 500ms, 500ms, 500ms, 1000ms, 2000ms,
                                     4000ms, 8000ms, 10000ms, 10000ms));
  ReloadReason reason;
  EXPECT_EQ(reload(time + 6000ms, "written.py", reason), time + 6200ms) << "it has been quiet";
  EXPECT_EQ(reload(time + 6300ms, "written.py", reason), time + 6500ms);
}

TEST_F(ChangeDetectorTest, LetsDifferentFilesChangeAsOftenAsTheyLike) {
  for (auto time = 1000ms; time < 20'000ms; time += 500ms) {
    ReloadReason reason;
    const std::string name = std::to_string(time / 1000ms % 2) + ".py";
    EXPECT_EQ(reload(time, name, reason), time + 200ms);
    EXPECT_EQ(reason.restless, "");
  }
}

TEST_F(ChangeDetectorTest, LetsOneFileChangeNowAndThen) {
  for (auto time = 10'000ms; time < 100'000ms; time += 5300ms) {
    ReloadReason reason;
    EXPECT_EQ(reload(time, "app.py", reason), time + 200ms);
    EXPECT_EQ(reason.restless, "");
  }
}

}  // namespace
}  // namespace holdfast
