#include "proxy/bridge/argument_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace holdfast::proxy {
namespace {

/// Arguments as the system lays them out.
struct Arguments {
  explicit Arguments(std::vector<std::string> given) : texts(std::move(given)) {
    for (std::string& text : texts) pointers.push_back(text.data());
  }
  Secret hide() { return hideUserPart(static_cast<int>(pointers.size()), pointers.data()); }

  std::vector<std::string> texts;
  std::vector<char*> pointers;
};

TEST(ArgumentMemory, HasNoSecretAnyMore) {
  Arguments arguments({"holdfast", "attach", "wss://s3cret@site.example/ptvsd", "--raw"});
  EXPECT_EQ(arguments.hide().reveal(), "s3cret");
  EXPECT_STREQ(arguments.pointers[2], "wss://***@site.example/ptvsd");
  EXPECT_EQ(arguments.texts[2].find("s3cret"), std::string::npos);
  EXPECT_STREQ(arguments.pointers[3], "--raw");
}

TEST(ArgumentMemory, KeepsAShortOneInItsPlace) {
  Arguments arguments({"holdfast", "attach", "wss://x@h"});
  EXPECT_EQ(arguments.hide().reveal(), "x");
  EXPECT_STREQ(arguments.pointers[2], "wss://*@h");
}

TEST(ArgumentMemory, LeavesWhatHasNone) {
  Arguments arguments({"holdfast", "serve", "--socket-owner", "me@h", "wss://h/p@q", ""});
  const auto before = arguments.texts;
  EXPECT_TRUE(arguments.hide().empty());
  EXPECT_EQ(arguments.texts, before);
}

}  // namespace
}  // namespace holdfast::proxy
