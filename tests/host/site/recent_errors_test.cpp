#include "host/site/recent_errors.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::system_clock::time_point kNow{1'000'000s};

Failure failure(const std::string& title) {
  Failure failed;
  failed.status = 502;
  failed.title = title;
  return failed;
}

TEST(RecentErrors, KeepsWhatIsToBeShown) {
  RecentErrors errors;
  errors.add(failure("It failed"), {"id-1", "POST", "/a?token=x"}, "because", kNow);
  ASSERT_EQ(errors.all().size(), 1U);
  const RecentError& error = errors.all().front();
  EXPECT_EQ(error.time, kNow);
  EXPECT_EQ(error.request_id, "id-1");
  EXPECT_EQ(error.method, "POST");
  EXPECT_EQ(error.path, "/a");
  EXPECT_EQ(error.status, 502);
  EXPECT_EQ(error.title, "It failed");
  EXPECT_EQ(error.cause, "because");
  EXPECT_EQ(error.times, 1U);
}

TEST(RecentErrors, KeepsTheLastTwentyNewestFirst) {
  RecentErrors errors;
  for (int i = 0; i < 50; ++i) errors.add(failure(std::to_string(i)), {}, "", kNow);
  ASSERT_EQ(errors.all().size(), RecentErrors::kMost);
  EXPECT_EQ(errors.all().front().title, "49");
  EXPECT_EQ(errors.all().back().title, "30");
}

TEST(RecentErrors, CountsThoseThatAreAlike) {
  RecentErrors errors;
  errors.add(failure("other"), {}, "", kNow);
  for (int i = 1; i <= 3; ++i) {
    const std::string id = "id-" + std::to_string(i);
    errors.add(failure("same"), {id, "GET", "/"}, "cause", kNow + std::chrono::seconds(i));
  }
  ASSERT_EQ(errors.all().size(), 2U);
  EXPECT_EQ(errors.all().front().times, 3U);
  EXPECT_EQ(errors.all().front().request_id, "id-3");
  EXPECT_EQ(errors.all().front().time, kNow + 3s);
  errors.add(failure("same"), {"id-4", "GET", "/elsewhere"}, "cause", kNow);
  EXPECT_EQ(errors.all().size(), 3U);
}

TEST(RecentErrors, BoundsWhatItKeeps) {
  RecentErrors errors;
  const std::string huge(1'000'000, 'x');
  errors.add(failure(huge), {huge, huge, huge}, huge, kNow);
  const RecentError& error = errors.all().front();
  EXPECT_LE(error.request_id.size() + error.method.size() + error.path.size() + error.title.size() +
                error.cause.size(),
            2000U);
}

}  // namespace
}  // namespace holdfast
