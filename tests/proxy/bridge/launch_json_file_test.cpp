#include "proxy/bridge/launch_json_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/config/temp_directory.h"

namespace holdfast::proxy {
namespace {

namespace fs = std::filesystem;

const LaunchEntry kEntry{"Holdfast: h", "127.0.0.1", 5678};

class LaunchJsonFile : public testing::Test {
 protected:
  std::string content() const {
    std::ifstream stream(file_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& text) {
    fs::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }

  TempDirectory folder_;
  const fs::path file_ = folder_.path() / ".vscode" / "launch.json";
};

TEST_F(LaunchJsonFile, IsMadeWithItsFolder) {
  EXPECT_NE(writeLaunchEntry(folder_.path(), kEntry).find("now"), std::string::npos);
  EXPECT_NE(content().find("\"Holdfast: h\""), std::string::npos);
  EXPECT_NE(writeLaunchEntry(folder_.path(), kEntry).find("already"), std::string::npos);
}

TEST_F(LaunchJsonFile, KeepsItsModeAndTheLinkToIt) {
  write("{}");
  const fs::path real = folder_.path() / "real.json";
  fs::rename(file_, real);
  fs::create_symlink(real, file_);
  fs::permissions(real, fs::perms::owner_read | fs::perms::owner_write);
  writeLaunchEntry(folder_.path(), kEntry);
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(fs::status(real).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_NE(content().find("\"Holdfast: h\""), std::string::npos);
}

TEST_F(LaunchJsonFile, StaysWhereItCannotBeChanged) {
  write("{ broken");
  EXPECT_THROW(writeLaunchEntry(folder_.path(), kEntry), std::runtime_error);
  EXPECT_EQ(content(), "{ broken");
}

TEST_F(LaunchJsonFile, SaysWhatIsInTheWay) {
  std::ofstream(folder_.path() / ".vscode") << "a file";
  try {
    writeLaunchEntry(folder_.path(), kEntry);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(".vscode"), std::string::npos);
  }
}

}  // namespace
}  // namespace holdfast::proxy
