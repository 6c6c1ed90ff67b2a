#include "host/site/socket_keeper.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/config/temp_directory.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class SocketKeeperTest : public testing::Test {
 protected:
  SocketKeeperTest() {
    fs::create_directory(folder_);
    thread_.call([&] {
      OpenedListener opened = openListener(options_);
      first_ = std::move(opened.socket);
      keeper_ = std::make_unique<SocketKeeper>(
          thread_.loop, options_, std::move(opened.file),
          SocketKeeper::Listener{[this](Socket socket) { opened_.push_back(std::move(socket)); },
                                 [this](const std::string& text) { troubles_.push_back(text); }},
          SocketKeeper::Pace{.wait = 10ms, .check = 60s, .retry = 10ms});
    });
  }
  ~SocketKeeperTest() override {
    thread_.call([&] { keeper_.reset(); });
  }

  bool opensAnother(std::size_t count = 1) {
    return thread_.waitUntil([&] { return opened_.size() == count; });
  }
  bool hasTroubles(std::size_t count) {
    return thread_.waitUntil([&] { return troubles_.size() == count; });
  }

  DescriptorCheck descriptors_;
  CapturedLog log_;
  TempDirectory temp_;
  const fs::path folder_ = temp_.path() / "run";
  const fs::path path_ = folder_ / "socket";
  const ListenerOptions options_{"unix:" + path_.string(), 0640, ""};
  Socket first_;
  std::vector<Socket> opened_;         ///< the loop's thread
  std::vector<std::string> troubles_;  ///< the loop's thread
  LoopThread thread_;
  std::unique_ptr<SocketKeeper> keeper_;
};

TEST_F(SocketKeeperTest, MakesAFileAnewThatWasRemoved) {
  for (std::size_t count = 1; count < 4; ++count) {
    fs::remove(path_);
    ASSERT_TRUE(opensAnother(count));
    EXPECT_EQ(fs::status(path_).permissions(), fs::perms(0640));
  }
  EXPECT_TRUE(troubles_.empty());
  EXPECT_TRUE(log_.has("has been made anew"));
}

TEST_F(SocketKeeperTest, WaitsForTheFolderAndSaysOnceThatItDoes) {
  fs::rename(folder_, temp_.path() / "old");
  ASSERT_TRUE(hasTroubles(1));
  EXPECT_NE(troubles_[0].find("the directory does not exist"), std::string::npos) << troubles_[0];
  fs::create_directory(folder_);
  ASSERT_TRUE(opensAnother());
  ASSERT_TRUE(hasTroubles(2));
  EXPECT_EQ(troubles_[1], "");
  EXPECT_TRUE(fs::is_socket(path_));
}

TEST_F(SocketKeeperTest, LeavesTheSocketOfAnotherHostAlone) {
  fs::rename(path_, folder_ / "moved");
  OpenedListener other = openListener(options_);
  ASSERT_TRUE(hasTroubles(1));
  EXPECT_NE(troubles_[0].find("serves this socket"), std::string::npos) << troubles_[0];
  EXPECT_TRUE(other.file.isThere());
  EXPECT_TRUE(opened_.empty());
}

TEST_F(SocketKeeperTest, LeavesAFileThatIsNoSocketAlone) {
  fs::remove(path_);
  std::ofstream(path_) << "precious";
  ASSERT_TRUE(hasTroubles(1));
  EXPECT_EQ(fs::file_size(path_), 8u);
}

TEST_F(SocketKeeperTest, MakesNoFileAtTheEnd) {
  thread_.call([&] { keeper_->end(); });
  EXPECT_FALSE(fs::exists(path_));
  thread_.settle();
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace holdfast
