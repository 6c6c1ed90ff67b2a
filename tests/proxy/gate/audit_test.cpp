#include "proxy/gate/audit.h"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast::proxy {
namespace {

using std::chrono::seconds;

TEST(AuditName, StaysOnOneShortLine) {
  EXPECT_EQ(auditName("203.0.113.9"), "203.0.113.9");
  EXPECT_EQ(auditName("unix:"), "a client on a UNIX socket");
  EXPECT_EQ(auditName("@"), "a client on a UNIX socket");
  EXPECT_EQ(auditName(""), "a client without an address");
  EXPECT_EQ(auditName("a\nb"), "a\\x0Ab");
  EXPECT_LE(auditName(std::string(1000, 'x')).size(), 64U);
}

TEST(InWords, HasTwoUnitsAtMost) {
  EXPECT_EQ(inWords(std::chrono::milliseconds(300)), "less than a second");
  EXPECT_EQ(inWords(seconds(4)), "4 s");
  EXPECT_EQ(inWords(seconds(120)), "2 min");
  EXPECT_EQ(inWords(seconds(130)), "2 min 10 s");
  EXPECT_EQ(inWords(seconds(3600)), "1 h");
  EXPECT_EQ(inWords(seconds(48 * 3600 + 61)), "48 h 1 min");
}

TEST(AuditThrottle, SaysAFewAndCountsTheRest) {
  std::vector<std::string> lines;
  AuditThrottle throttle([&](LogLevel, const std::string& line) { lines.push_back(line); });
  const AuditThrottle::Clock::time_point start;
  for (int i = 0; i < 10'000; ++i) throttle.say(LogLevel::kWarning, "no", start);
  EXPECT_EQ(lines.size(), 20U);
  throttle.say(LogLevel::kWarning, "no", start + seconds(10));
  ASSERT_EQ(lines.size(), 21U);
  EXPECT_EQ(lines[20], "no (9980 more attempts since the last line)");
  throttle.say(LogLevel::kWarning, "no", start + seconds(11));
  EXPECT_EQ(lines[21], "no");
}

}  // namespace
}  // namespace holdfast::proxy
