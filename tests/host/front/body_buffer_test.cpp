#include "host/front/body_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/bytes.h"
#include "tests/support/cuts.h"
#include "tests/support/descriptors.h"

namespace holdfast {
namespace {

/// All of it, oldest first.
std::string takeAll(BodyBuffer& body) {
  std::string taken;
  while (!body.empty()) {
    EXPECT_FALSE(body.view().empty()) << "there is something, and nothing to see of it";
    if (body.view().empty()) break;
    taken += asText(body.view());
    body.take(body.view().size());
  }
  return taken;
}

TEST(BodyBuffer, BeginsEmptyAndUnfinished) {
  const BodyBuffer body;
  EXPECT_TRUE(body.empty());
  EXPECT_FALSE(body.finished());
  EXPECT_TRUE(body.view().empty());
}

TEST(BodyBuffer, GivesBytesInTheOrderInWhichTheyCame) {
  BodyBuffer body;
  EXPECT_TRUE(body.append(asBytes("abc")));
  EXPECT_TRUE(body.append(asBytes("def")));
  EXPECT_EQ(asText(body.view()), "abcdef");
  body.take(4);
  EXPECT_EQ(asText(body.view()), "ef");
  EXPECT_TRUE(body.append(asBytes("g")));
  EXPECT_EQ(asText(body.view()), "efg");
  EXPECT_EQ(body.size(), 3U);
  body.take(3);
  EXPECT_TRUE(body.empty());
}

TEST(BodyBuffer, KeepsWhatIsThereWhenTheEndComes) {
  BodyBuffer body;
  EXPECT_TRUE(body.append(asBytes("abc")));
  body.finish();
  EXPECT_TRUE(body.finished());
  EXPECT_EQ(asText(body.view()), "abc");
}

TEST(BodyBuffer, KeepsInAFileWhatDoesNotFitIntoMemory) {
  const DescriptorCheck descriptors;
  const std::string sent = pattern(5 * BodyLimits{}.memory_bytes + 17);
  BodyBuffer body;
  for (const std::string_view piece : cutEvery(sent, 60'000)) {
    ASSERT_TRUE(body.append(asBytes(piece)));
    ASSERT_LE(body.view().size(), BodyLimits{}.memory_bytes);
  }
  EXPECT_EQ(body.size(), sent.size());
  EXPECT_TRUE(takeAll(body) == sent);
  EXPECT_EQ(body.size(), 0U);
}

TEST(BodyBuffer, TakesOneAppendThatIsLargerThanItsMemory) {
  const std::string sent = pattern(3 * BodyLimits{}.memory_bytes);
  BodyBuffer body;
  ASSERT_TRUE(body.append(asBytes("before")));
  ASSERT_TRUE(body.append(asBytes(sent)));
  ASSERT_TRUE(body.append(asBytes("after")));
  EXPECT_TRUE(takeAll(body) == "before" + sent + "after");
}

TEST(BodyBuffer, ForgetsEverythingWhenItIsCleared) {
  const DescriptorCheck descriptors;
  BodyBuffer body;
  ASSERT_TRUE(body.append(asBytes(pattern(3 * BodyLimits{}.memory_bytes))));
  body.clear();
  EXPECT_TRUE(body.empty());
  EXPECT_TRUE(body.view().empty());
  ASSERT_TRUE(body.append(asBytes("new")));
  EXPECT_EQ(takeAll(body), "new");
}

TEST(BodyBuffer, IsTheSameStreamHoweverItIsTaken) {
  // Now and then the taker falls behind, so that the file comes into use and is left again.
  const std::string sent = pattern(12'000'000);
  std::mt19937 random(5);
  BodyBuffer body;
  std::string taken;
  std::size_t at = 0;
  while (taken.size() < sent.size()) {
    const bool filling = at / 3'000'000 % 2 == 0;
    const std::size_t more = std::min<std::size_t>(random() % 200'000, sent.size() - at);
    ASSERT_TRUE(body.append(asBytes(std::string_view(sent).substr(at, more))));
    at += more;
    for (int turn = 0; turn < (filling ? 1 : 4); ++turn) {
      const std::size_t there = body.view().size();
      const std::size_t count = at == sent.size() || !filling ? there : random() % 50'000;
      const std::size_t part = std::min(count, there);
      taken += asText(body.view().first(part));
      body.take(part);
    }
    ASSERT_EQ(body.size(), at - taken.size());
    ASSERT_EQ(body.empty(), body.view().empty());
  }
  EXPECT_TRUE(taken == sent);
}

}  // namespace
}  // namespace holdfast
