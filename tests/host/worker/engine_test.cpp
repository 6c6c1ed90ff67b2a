#include "host/worker/engine.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(InstallCommand, NamesTheInterpreterOfTheSite) {
  EXPECT_EQ(installCommand("/srv/site/.venv/bin/python", "3.11.2", "auto"),
            "/srv/site/.venv/bin/python -m pip install debugpy");
}

TEST(InstallCommand, AsksForTheNewestVersionThatRunsThere) {
  const auto wanted = [](const char* version, const char* engine) {
    return installCommand("python", version, engine);
  };
  EXPECT_EQ(wanted("3.6.15", "debugpy"), "python -m pip install debugpy==1.5.1");
  EXPECT_EQ(wanted("3.7.16", "auto"), "python -m pip install debugpy==1.6.7");
  EXPECT_EQ(wanted("3.8.18", "debugpy"), "python -m pip install debugpy==1.8.14");
  EXPECT_EQ(wanted("3.9.18", "debugpy"), "python -m pip install debugpy==1.8.14");
  EXPECT_EQ(wanted("3.14.0", "debugpy"), "python -m pip install debugpy");
  EXPECT_EQ(wanted("3.6.15", "ptvsd"), "python -m pip install ptvsd==4.3.2");
  EXPECT_EQ(wanted("3.12.1", "ptvsd"), "python -m pip install ptvsd==4.3.2");
}

TEST(InstallCommand, IsNoneWhereTheEngineDoesNotExist) {
  EXPECT_EQ(installCommand("python", "3.13.0", "ptvsd"), "");
}

TEST(InstallCommand, CanBeGivenToAShell) {
  EXPECT_EQ(installCommand("/my site's/python", "3.11.2", "auto"),
            R"('/my site'\''s/python' -m pip install debugpy)");
}

TEST(InstallCommand, SurvivesAVersionThatIsNone) {
  for (const char* version : {"", "3", "3.", "x.y", "."}) {
    EXPECT_EQ(installCommand("python", version, "auto"), "python -m pip install debugpy");
  }
}

}  // namespace
}  // namespace holdfast
