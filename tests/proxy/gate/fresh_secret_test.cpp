#include "proxy/gate/fresh_secret.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::proxy {
namespace {

TEST(FreshSecret, Is32LettersAndDigits) {
  const std::string secret = freshSecret();
  EXPECT_EQ(secret.size(), 32U);
  EXPECT_EQ(
      secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
      std::string::npos);
}

TEST(FreshSecret, IsAnotherEachTimeAndUsesTheWholeAlphabet) {
  std::set<std::string> secrets;
  std::set<char> characters;
  for (int i = 0; i < 200; ++i) {
    const std::string secret = freshSecret();
    secrets.insert(secret);
    characters.insert(secret.begin(), secret.end());
  }
  EXPECT_EQ(secrets.size(), 200U);
  EXPECT_EQ(characters.size(), 62U);
}

}  // namespace
}  // namespace holdfast::proxy
