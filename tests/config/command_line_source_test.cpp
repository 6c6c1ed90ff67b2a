#include "config/command_line_source.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(CommandLineSource, GivesTheOptionsWithTheDirectoryTheyAreMeantFrom) {
  const SourceContents contents = readCommandLine({{"app.root", "site"}}, "/home/me");
  ASSERT_EQ(contents.values.size(), 1u);
  const SourceValue& value = contents.values[0];
  EXPECT_EQ(value.key, "app.root");
  EXPECT_EQ(value.text, "site");
  EXPECT_EQ(value.fault, "");
  EXPECT_EQ(value.kind, SourceKind::kCommandLine);
  EXPECT_EQ(value.source, "command line");
  EXPECT_EQ(value.directory, "/home/me");
  EXPECT_TRUE(contents.problems.empty());
  EXPECT_TRUE(contents.complete);
}

TEST(CommandLineSource, PutsTheLastOfARepeatedOptionFirst) {
  const SourceContents contents =
      readCommandLine({{"server.workers", "2"}, {"server.workers", "3"}}, "/");
  ASSERT_FALSE(contents.values.empty());
  EXPECT_EQ(contents.values[0].text, "3");
}

}  // namespace
}  // namespace holdfast
