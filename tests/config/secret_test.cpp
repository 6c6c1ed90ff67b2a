#include "config/secret.h"

#include <gtest/gtest.h>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

namespace holdfast {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <typename T, typename U>
concept Comparable = requires(const T& a, const U& b) {
  a == b;
};

// What must not compile.
static_assert(Streamable<std::string> && !Streamable<Secret>);
static_assert(Comparable<std::string, std::string> && !Comparable<Secret, Secret>);
static_assert(!Comparable<Secret, std::string> && !Comparable<Secret, const char*>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_constructible_v<std::string, Secret>);

TEST(Secret, IsEmptyUnlessSet) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(Secret("x").empty());
  EXPECT_EQ(Secret("xyz").reveal(), "xyz");
}

TEST(Secret, LeavesNothingBehindWhereItIsMovedFrom) {
  Secret from("short");
  const char* const characters = from.reveal().data();
  const Secret to = std::move(from);
  EXPECT_EQ(to.reveal(), "short");
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(std::string(characters, 5), std::string(5, '\0'));
  Secret assigned("other");
  Secret again("again");
  assigned = std::move(again);
  EXPECT_EQ(assigned.reveal(), "again");
  EXPECT_TRUE(again.empty());
}

TEST(Secret, WipesWhatItIsAssignedOver) {
  Secret secret("a long one that does not fit into the object itself");
  const char* const characters = secret.reveal().data();
  secret = Secret("new");
  EXPECT_EQ(secret.reveal(), "new");
  EXPECT_EQ(std::string(characters, 8), std::string("new\0\0\0\0\0", 8));
  const Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.reveal(), "new");
}

TEST(Secret, WipesItsMemoryAtTheEnd) {
  alignas(Secret) unsigned char place[sizeof(Secret)];
  auto* const secret = new (place) Secret("0123456789");
  const char* const characters = secret->reveal().data();
  // Short enough to be in the object, whose memory is ours after its end.
  ASSERT_GE(static_cast<const void*>(characters), static_cast<const void*>(place));
  ASSERT_LT(static_cast<const void*>(characters), static_cast<const void*>(place + sizeof place));
  secret->~Secret();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(place), sizeof place).find("0123"),
            std::string::npos);
}

TEST(Wipe, OverwritesAText) {
  std::string text = "a text that is long enough to be in memory of its own";
  const char* const characters = text.data();
  const std::size_t length = text.size();
  wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(characters, length), std::string(length, '\0'));
}

}  // namespace
}  // namespace holdfast
