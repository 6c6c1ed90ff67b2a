#include "proxy/page/source_hash.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/config/temp_directory.h"

namespace holdfast::proxy {
namespace {

namespace fs = std::filesystem;

constexpr char kOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class SourceHash : public testing::Test {
 protected:
  SourceHash() {
    outside_.write("secret.py", "abc");
    root_.write("views.py", "abc");
    root_.write("shop/views.py", "abc");
  }
  std::optional<std::string> of(const std::string& file) const {
    return sourceHash(root_.path(), file);
  }
  TempDirectory root_;
  TempDirectory outside_;
};

TEST_F(SourceHash, IsTheSha256OfAFileBelowTheRoot) {
  EXPECT_EQ(of("views.py"), kOfAbc);
  EXPECT_EQ(of("shop/views.py"), kOfAbc);
  EXPECT_EQ(of("./shop//views.py"), kOfAbc);
  root_.write("empty.py");
  EXPECT_EQ(of("empty.py"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(SourceHash, NothingElseHasOne) {
  const std::string outside = outside_.path().filename();
  for (const std::string& file :
       {std::string(), std::string("."), std::string("shop"), std::string("shop/"),
        std::string("missing.py"), std::string("views.py/x"), std::string("/etc/passwd"),
        "../" + outside + "/secret.py", "shop/../../" + outside + "/secret.py",
        std::string("shop/../views.py"), (outside_.path() / "secret.py").string(),
        std::string("views.py\0.txt", 13), std::string(5000, 'x'), std::string(5000, '/')}) {
    EXPECT_FALSE(of(file)) << file;
  }
}

TEST_F(SourceHash, LinksCountAsWhatTheyLeadTo) {
  fs::create_symlink("shop", root_.path() / "current");
  fs::create_symlink(outside_.path(), root_.path() / "out");
  fs::create_symlink(outside_.path() / "secret.py", root_.path() / "out.py");
  fs::create_symlink("loop.py", root_.path() / "loop.py");
  EXPECT_EQ(of("current/views.py"), kOfAbc);
  EXPECT_FALSE(of("out/secret.py"));
  EXPECT_FALSE(of("out.py"));
  EXPECT_FALSE(of("loop.py"));
}

TEST_F(SourceHash, TheRootMayBeALink) {
  fs::create_symlink(root_.path(), outside_.path() / "site");
  EXPECT_EQ(sourceHash(outside_.path() / "site", "views.py"), kOfAbc);
}

TEST_F(SourceHash, WhatIsNoRegularFileIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((root_.path() / "fifo.py").c_str(), 0600), 0);
  EXPECT_FALSE(of("fifo.py"));
}

TEST_F(SourceHash, HasALimit) {
  root_.write("large.py");
  fs::resize_file(root_.path() / "large.py", std::uintmax_t{16} << 20);
  EXPECT_TRUE(of("large.py"));
  fs::resize_file(root_.path() / "large.py", (std::uintmax_t{16} << 20) + 1);
  EXPECT_FALSE(of("large.py"));
}

}  // namespace
}  // namespace holdfast::proxy
