#include "config/environment_source.h"

#include <gtest/gtest.h>

#include "tests/config/fake_environment.h"

namespace holdfast {
namespace {

TEST(EnvironmentSource, GivesTheVariablesThatAreSettings) {
  FakeEnvironment environment;
  environment.set("WSGI_HANDLER", "mysite.app");
  environment.set("HOME", "/root");
  const SourceContents contents = readEnvironment(FakeEnvironment::get, "/home/me");
  ASSERT_EQ(contents.values.size(), 1u);
  const SourceValue& value = contents.values[0];
  EXPECT_EQ(value.key, "app.handler");
  EXPECT_EQ(value.text, "mysite.app");
  EXPECT_EQ(value.kind, SourceKind::kEnvironment);
  EXPECT_EQ(value.source, "environment");
  EXPECT_EQ(value.directory, "/home/me");
}

TEST(EnvironmentSource, TakesAnEmptyVariableForNone) {
  FakeEnvironment environment;
  environment.set("WSGI_HANDLER", "");
  EXPECT_TRUE(readEnvironment(FakeEnvironment::get, "/").values.empty());
}

}  // namespace
}  // namespace holdfast
