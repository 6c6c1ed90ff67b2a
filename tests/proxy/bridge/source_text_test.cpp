#include "proxy/bridge/source_text.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

TEST(SourceText, HasItsHash) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(SourceText, IsTheSameWhateverItsLineEndsAre) {
  const std::string unix_text = "x = 1\ny = '\r'\n";
  const std::string windows_text = "x = 1\r\ny = '\r'\r\n";
  EXPECT_TRUE(isSameSource(unix_text, sha256(unix_text)));
  EXPECT_TRUE(isSameSource(unix_text, sha256(windows_text)));
  EXPECT_TRUE(isSameSource(windows_text, sha256(unix_text)));
  EXPECT_TRUE(isSameSource("x\r\ny\n", sha256("x\ny\n")));
  EXPECT_FALSE(isSameSource("x = 1\n", sha256("x = 2\n")));
  EXPECT_FALSE(isSameSource("x = 1\n", sha256("x = 1\n\n")));
  EXPECT_FALSE(isSameSource("x", ""));
}

}  // namespace
}  // namespace holdfast::proxy
