#include "host/platform/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class StartDirectory : public testing::Test {
 protected:
  StartDirectory() {
    fs::create_directories(temp_.path() / "real/other");
    fs::create_directory_symlink("real", temp_.path() / "link");
    fs::current_path(temp_.path() / "real");
  }
  ~StartDirectory() override {
    fs::current_path(before_);
    ::setenv("PWD", before_.c_str(), 1);
  }

  fs::path with(const fs::path& pwd) {
    ::setenv("PWD", pwd.c_str(), 1);
    return startDirectory();
  }

  const fs::path before_ = fs::current_path();
  TempDirectory temp_;
};

TEST_F(StartDirectory, KeepsTheLinkByWhichItWasReached) {
  EXPECT_EQ(with(temp_.path() / "link"), temp_.path() / "link");
}

TEST_F(StartDirectory, BelievesNoOtherName) {
  for (const fs::path& name :
       {temp_.path() / "real/other", temp_.path() / "none", temp_.path() / "link/../real",
        temp_.path() / "link/.", fs::path("."), fs::path("../real"), fs::path()}) {
    EXPECT_EQ(with(name), temp_.path() / "real") << name;
  }
}

TEST_F(StartDirectory, IsEmptyWhereThereIsNone) {
  fs::current_path(temp_.path() / "real/other");
  fs::remove(temp_.path() / "real/other");
  EXPECT_EQ(with(temp_.path() / "real/other"), fs::path());
}

}  // namespace
}  // namespace holdfast
