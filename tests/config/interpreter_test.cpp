#include "config/interpreter.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/config/fake_environment.h"
#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

/// A site below the temporary directory, and two directories on PATH beside it.
class Interpreter : public testing::Test {
 protected:
  Interpreter() {
    fs::create_directories(root());
    environment_.set("PATH", (temp_.path() / "bin1").string() + ":" + at("bin2"));
  }

  fs::path root() const { return temp_.path() / "site"; }
  std::string at(const std::string& name) const { return (temp_.path() / name).string(); }

  std::string find(const std::string& text) {
    return findInterpreter(text, root(), FakeEnvironment::get, value_).value_or("");
  }
  std::string findDefault() {
    return findDefaultInterpreter(root(), FakeEnvironment::get, value_).value_or("");
  }

  FakeEnvironment environment_;
  TempDirectory temp_;
  std::string value_;
};

TEST_F(Interpreter, TakesAnAbsolutePath) {
  temp_.writeProgram("python");
  EXPECT_EQ(find(at("python")), "");
  EXPECT_EQ(value_, at("python"));
}

TEST_F(Interpreter, TakesARelativePathFromTheAppRoot) {
  temp_.writeProgram("site/env/bin/python");
  temp_.writeProgram("site/python");
  EXPECT_EQ(find("env/bin/python"), "");
  EXPECT_EQ(value_, at("site/env/bin/python"));
  EXPECT_EQ(find("./python"), "");
  EXPECT_EQ(value_, at("site/./python"));
}

TEST_F(Interpreter, LooksUpABareNameOnPathNotInTheAppRoot) {
  temp_.writeProgram("site/python3.11");
  EXPECT_EQ(find("python3.11"), "there is no such program on PATH");
  temp_.writeProgram("bin2/python3.11");
  EXPECT_EQ(find("python3.11"), "");
  EXPECT_EQ(value_, at("bin2/python3.11"));
}

TEST_F(Interpreter, TakesTheFirstOnPathThatCanBeExecuted) {
  temp_.write("bin1/python3");  // not executable
  temp_.writeProgram("bin2/python3");
  EXPECT_EQ(find("python3"), "");
  EXPECT_EQ(value_, at("bin2/python3"));
  fs::remove(at("bin1/python3"));
  temp_.writeProgram("bin1/python3");
  EXPECT_EQ(find("python3"), "");
  EXPECT_EQ(value_, at("bin1/python3"));
}

TEST_F(Interpreter, MakesARelativeEntryOfPathAbsolute) {
  environment_.set("PATH", fs::relative(temp_.path() / "bin1").string());
  temp_.writeProgram("bin1/python3");
  EXPECT_EQ(find("python3"), "");
  EXPECT_TRUE(fs::path(value_).is_absolute()) << value_;
  EXPECT_TRUE(fs::equivalent(value_, at("bin1/python3"))) << value_;
}

TEST_F(Interpreter, SearchesTheStandardPathsWithoutPath) {
  FakeEnvironment without_path;
  EXPECT_EQ(find("sh"), "");
  EXPECT_TRUE(value_ == "/usr/bin/sh" || value_ == "/bin/sh") << value_;
}

TEST_F(Interpreter, KeepsSymbolicLinks) {
  temp_.writeProgram("real-python");
  fs::create_directories(root() / "env" / "bin");
  fs::create_symlink(at("real-python"), root() / "env" / "bin" / "python");
  EXPECT_EQ(find("env/bin/python"), "");
  EXPECT_EQ(value_, at("site/env/bin/python"));
}

TEST_F(Interpreter, SaysWhyAPathIsNone) {
  temp_.write("plain");
  fs::create_symlink("gone", at("dangling"));
  fs::create_symlink("loop", at("loop"));
  EXPECT_EQ(find(""), "must be a Python interpreter");
  EXPECT_EQ(find(at("nowhere")), "there is no file " + at("nowhere"));
  EXPECT_EQ(find(at("plain")), at("plain") + " is not a file that can be executed");
  EXPECT_EQ(find(at("site")), at("site") + " is not a file that can be executed");
  EXPECT_EQ(find(at("dangling")),
            at("dangling") + " is a symbolic link to a file that is not there");
  EXPECT_EQ(find(at("loop")), at("loop") + " cannot be reached: Too many levels of symbolic links");
  EXPECT_EQ(value_, "");
}

TEST_F(Interpreter, PrefersVirtualEnvironmentsByDefault) {
  temp_.writeProgram("bin1/python3");
  EXPECT_EQ(findDefault(), "");
  EXPECT_EQ(value_, at("bin1/python3"));

  temp_.writeProgram("site/venv/bin/python");
  EXPECT_EQ(findDefault(), "");
  EXPECT_EQ(value_, at("site/venv/bin/python"));

  temp_.writeProgram("site/.venv/bin/python");
  EXPECT_EQ(findDefault(), "");
  EXPECT_EQ(value_, at("site/.venv/bin/python"));
}

TEST_F(Interpreter, IgnoresADirectoryThatIsNoVirtualEnvironment) {
  temp_.writeProgram("bin1/python3");
  temp_.write("site/.venv", "a file");
  temp_.write("site/venv/readme");
  EXPECT_EQ(findDefault(), "");
  EXPECT_EQ(value_, at("bin1/python3"));
}

TEST_F(Interpreter, DoesNotPassOverABrokenVirtualEnvironment) {
  temp_.writeProgram("bin1/python3");
  fs::create_directories(root() / ".venv" / "bin");
  fs::create_symlink("/nowhere/python3.9", root() / ".venv" / "bin" / "python");
  EXPECT_EQ(findDefault(), at("site/.venv/bin/python") +
                               " is a symbolic link to a file that is not there: make the virtual "
                               "environment anew");
}

TEST_F(Interpreter, SaysWhereNoneWasFound) {
  EXPECT_EQ(findDefault(), "there is no python3 on PATH, and in " + at("site") +
                               " neither .venv nor venv with bin/python");
}

}  // namespace
}  // namespace holdfast
