#include "config/app_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> linesOf(const AppSettings& settings) {
  std::vector<std::string> lines;
  for (const AppSetting& entry : settings.entries()) lines.push_back(entry.key + '=' + entry.value);
  return lines;
}

TEST(AppSettings, KeepsTheLastOfOneKeyInAnyCase) {
  AppSettings settings;
  settings.add({"Name", "1", "f:1"});
  settings.add({"other", "2", "f:2"});
  settings.add({"NAME", "3", "f:3"});
  EXPECT_THAT(linesOf(settings), ElementsAre("NAME=3", "other=2"));
  ASSERT_NE(settings.find("name"), nullptr);
  EXPECT_EQ(settings.find("name")->source, "f:3");
  EXPECT_EQ(settings.find("nam"), nullptr);
}

TEST(AppSettings, RemovesAndClears) {
  AppSettings settings;
  settings.add({"a", "1", ""});
  settings.add({"b", "2", ""});
  settings.remove("A");
  settings.remove("c");
  EXPECT_THAT(linesOf(settings), ElementsAre("b=2"));
  settings.clear();
  EXPECT_THAT(linesOf(settings), IsEmpty());
}

}  // namespace
}  // namespace holdfast
