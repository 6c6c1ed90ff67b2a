#include "host/front/body_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/bytes.h"

namespace holdfast {
namespace {

TEST(BodyBuffer, BeginsEmptyAndUnfinished) {
  const BodyBuffer body;
  EXPECT_TRUE(body.empty());
  EXPECT_FALSE(body.finished());
  EXPECT_EQ(body.received(), 0U);
  EXPECT_TRUE(body.view().empty());
}

TEST(BodyBuffer, GivesBytesInTheOrderInWhichTheyCame) {
  BodyBuffer body;
  body.append(asBytes("abc"));
  body.append(asBytes("def"));
  EXPECT_EQ(asText(body.view()), "abcdef");
  body.take(4);
  EXPECT_EQ(asText(body.view()), "ef");
  body.append(asBytes("g"));
  EXPECT_EQ(asText(body.view()), "efg");
  EXPECT_EQ(body.size(), 3U);
}

TEST(BodyBuffer, CountsWhatCameTakenOrNot) {
  BodyBuffer body;
  body.append(asBytes("abc"));
  body.take(3);
  EXPECT_TRUE(body.empty());
  body.append(asBytes("de"));
  EXPECT_EQ(body.received(), 5U);
  EXPECT_EQ(body.size(), 2U);
}

TEST(BodyBuffer, KeepsWhatIsThereWhenTheEndComes) {
  BodyBuffer body;
  body.append(asBytes("abc"));
  body.finish();
  EXPECT_TRUE(body.finished());
  EXPECT_EQ(asText(body.view()), "abc");
}

TEST(BodyBuffer, IsTheSameStreamHoweverItIsTaken) {
  const std::string sent = pattern(3'000'000);
  std::mt19937 random(5);
  BodyBuffer body;
  std::string taken;
  std::size_t at = 0;
  while (taken.size() < sent.size()) {
    const std::size_t more = std::min<std::size_t>(random() % 200'000, sent.size() - at);
    body.append(asBytes(std::string_view(sent).substr(at, more)));
    at += more;
    const std::size_t count = at == sent.size() ? body.size() : random() % (body.size() + 1);
    taken += asText(body.view().first(count));
    body.take(count);
    ASSERT_EQ(body.size(), at - taken.size());
  }
  EXPECT_TRUE(taken == sent);
  EXPECT_EQ(body.received(), sent.size());
}

}  // namespace
}  // namespace holdfast
