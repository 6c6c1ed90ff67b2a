#include "host/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>
#include <vector>

#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace fs = std::filesystem;

LogFile::Clock::time_point now;

LogFile::Clock::time_point tellTime() { return now; }

std::string contents(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// Files of this process do not grow beyond so many bytes: a full disk, as a program sees it.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    rlimit small = limit_;
    small.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  void (*before_)(int);
  rlimit limit_{};
};

class LogFileTest : public testing::Test {
 protected:
  std::unique_ptr<LogFile> open(LogRotation rotation = {}) {
    return std::make_unique<LogFile>(
        path_, rotation, [](LogLevel, const std::string& text) { return "* " + text + '\n'; },
        [this](std::string_view text, std::chrono::milliseconds patience) {
          patience_.push_back(patience);
          if (fallback_works_) fallback_ += text;
          return fallback_works_;
        },
        tellTime);
  }
  fs::path old(int number) const { return path_.string() + '.' + std::to_string(number); }
  std::string failure(const std::string& why) const {
    return "* the log cannot be written to " + path_.string() + ": " + why +
           "; it goes to standard error\n";
  }
  std::string recovery(int lines) const {
    return "* the log is written to " + path_.string() + " again; " + std::to_string(lines) +
           (lines == 1 ? " line" : " lines") + " went to standard error\n";
  }

  TempDirectory temp_;
  fs::path path_ = temp_.path() / "logs" / "site.log";
  std::string fallback_;
  bool fallback_works_ = true;
  std::vector<std::chrono::milliseconds> patience_;

  void SetUp() override { fs::create_directory(path_.parent_path()); }
};

TEST_F(LogFileTest, AppendsToWhatIsThere) {
  std::ofstream(path_) << "before\n";
  const auto log = open();
  EXPECT_TRUE(log->write("one\n"));
  EXPECT_TRUE(log->write("two\n"));
  EXPECT_EQ(contents(path_), "before\none\ntwo\n");
  EXPECT_THAT(fallback_, IsEmpty());
}

TEST_F(LogFileTest, SharesTheFileWithAnother) {
  const auto one = open();
  const auto two = open();
  for (int i = 0; i < 3; ++i) {
    one->write("one\n");
    two->write("two\n");
  }
  EXPECT_EQ(contents(path_), "one\ntwo\none\ntwo\none\ntwo\n");
}

// -- renamed, deleted -----------------------------------------------------

TEST_F(LogFileTest, FollowsItsNameWithinASecond) {
  const auto log = open();
  log->write("one\n");
  fs::rename(path_, old(1));
  log->write("two\n");
  now += 1s;
  log->write("three\n");
  EXPECT_EQ(contents(old(1)), "one\ntwo\n") << "as the file stays open";
  EXPECT_EQ(contents(path_), "three\n");
}

TEST_F(LogFileTest, FollowsItsNameAtOnceWhenAsked) {
  const auto log = open();
  log->write("one\n");
  fs::rename(path_, old(1));
  log->reopen();
  log->write("two\n");
  EXPECT_EQ(contents(old(1)), "one\n");
  EXPECT_EQ(contents(path_), "two\n");
}

TEST_F(LogFileTest, IsMadeAnewWhenDeleted) {
  const auto log = open();
  log->write("one\n");
  fs::remove(path_);
  now += 1s;
  log->write("two\n");
  EXPECT_EQ(contents(path_), "two\n");
  EXPECT_THAT(fallback_, IsEmpty());
}

// -- cannot be written ----------------------------------------------------

TEST_F(LogFileTest, GoesToStandardErrorWhereTheFolderIsGone) {
  const auto log = open();
  log->write("one\n");
  fs::remove_all(path_.parent_path());
  now += 1s;
  EXPECT_TRUE(log->write("two\n"));
  now += 1s;
  EXPECT_TRUE(log->write("three\n"));
  EXPECT_EQ("* " + log->trouble() + "\n", failure("No such file or directory"));
  EXPECT_EQ(fallback_, failure("No such file or directory") + "two\nthree\n") << "why, once";

  fs::create_directory(path_.parent_path());
  EXPECT_TRUE(log->write("four\n")) << "not tried for each line";
  EXPECT_FALSE(fs::exists(path_));
  now += 1s;
  fallback_.clear();
  EXPECT_TRUE(log->write("five\n"));
  EXPECT_EQ(log->trouble(), "");
  EXPECT_EQ(contents(path_), recovery(3) + "five\n");
  EXPECT_EQ(fallback_, recovery(3));
}

TEST_F(LogFileTest, IsTriedAgainAtOnceWhenAsked) {
  fs::remove(path_.parent_path());
  const auto log = open();
  log->write("one\n");
  fs::create_directory(path_.parent_path());
  log->reopen();
  log->write("two\n");
  EXPECT_EQ(contents(path_), recovery(1) + "two\n");
}

TEST_F(LogFileTest, SaysItWhenTheReasonChanges) {
  fs::remove(path_.parent_path());
  const auto log = open();
  log->write("one\n");
  fs::create_directories(path_);  // a folder of that name
  now += 1s;
  log->write("two\n");
  EXPECT_EQ(fallback_,
            failure("No such file or directory") + "one\n" + failure("Is a directory") + "two\n");
}

TEST_F(LogFileTest, CompletesTheLineThatAFullDiskTookHalfOf) {
  const auto log = open();
  log->write("one\n");
  {
    const SmallDisk full(10);
    EXPECT_TRUE(log->write("half a line\n"));
    EXPECT_TRUE(log->write("no line\n"));
  }
  EXPECT_EQ(contents(path_), "one\nhalf a");
  EXPECT_EQ(fallback_, failure("File too large") + "half a line\nno line\n") << "as a whole";
  now += 1s;
  EXPECT_TRUE(log->write("three\n"));
  EXPECT_EQ(contents(path_), "one\nhalf a line\n" + recovery(2) + "three\n");
}

TEST_F(LogFileTest, SaysSoWhereNobodyTakesALine) {
  fs::remove(path_.parent_path());
  fallback_works_ = false;
  const auto log = open();
  EXPECT_FALSE(log->write("one\n"));
  EXPECT_FALSE(log->write("two\n"));
  EXPECT_THAT(patience_, ElementsAre(1s, 0s, 0s)) << "a stuck reader is not waited for twice";
  fs::create_directory(path_.parent_path());
  now += 1s;
  EXPECT_TRUE(log->write("three\n"));
  EXPECT_EQ(contents(path_), recovery(0) + "three\n");
}

TEST_F(LogFileTest, DoesNotWaitForAPipeThatNobodyReads) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto log = open();
  EXPECT_TRUE(log->write("one\n"));
  EXPECT_EQ(fallback_, failure("No such device or address") + "one\n");
}

// -- as root, in folders of others ----------------------------------------

class LogFileOfRootTest : public LogFileTest {
 protected:
  static constexpr unsigned kOther = 54321;

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root is led astray";
    LogFileTest::SetUp();
    std::ofstream(victim_) << "victim\n";
  }
  static void give(const fs::path& path) { ASSERT_EQ(::lchown(path.c_str(), kOther, kOther), 0); }
  void expectRefusal() {
    const auto log = open({10, 1});
    for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n"}) EXPECT_TRUE(log->write(line));
    EXPECT_THAT(fallback_, testing::HasSubstr("or run holdfast as the user of the site"));
    EXPECT_THAT(fallback_, testing::EndsWith("aaaa\nbbbb\ncccc\n"));
    EXPECT_EQ(contents(victim_), "victim\n");
  }
  void expectRotation() {
    const auto log = open({10, 1});
    for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n"}) EXPECT_TRUE(log->write(line));
    EXPECT_EQ(contents(path_), "cccc\n");
    EXPECT_EQ(contents(old(1)), "aaaa\nbbbb\n");
    EXPECT_THAT(fallback_, IsEmpty());
  }

  const fs::path victim_ = temp_.path() / "victim";
};

TEST_F(LogFileOfRootTest, IsNotWrittenInAFolderOfAnother) {
  give(path_.parent_path());
  expectRefusal();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(LogFileOfRootTest, IsNotWrittenBelowAFolderOfAnother) {
  path_ = path_.parent_path() / "deeper" / "site.log";
  fs::create_directory(path_.parent_path());
  give(path_.parent_path().parent_path());
  expectRefusal();
}

TEST_F(LogFileOfRootTest, IsNotWrittenWhereAllMayWrite) {
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 0777), 0);
  expectRefusal();
}

TEST_F(LogFileOfRootTest, IsWrittenWhereNobodyMayTakeIt) {
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 01777), 0);
  expectRotation();
}

TEST_F(LogFileOfRootTest, IsWrittenInAFolderOfAGroup) {
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 0775), 0);  // /var/log of some systems
  expectRotation();
}

TEST_F(LogFileOfRootTest, IsNotFoundByALinkOfAnother) {
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 01777), 0);
  fs::create_symlink(victim_, path_);
  give(path_);
  expectRefusal();
}

TEST_F(LogFileOfRootTest, IsNoFileThatAnotherMadeWhereAllMay) {
  ASSERT_EQ(::chmod(path_.parent_path().c_str(), 01777), 0);
  std::ofstream(path_) << "";
  give(path_);
  const auto log = open();
  log->write("one\n");
  EXPECT_EQ(contents(path_), "");
  EXPECT_THAT(fallback_, testing::EndsWith("one\n"));
}

TEST_F(LogFileOfRootTest, IsNotFoundByALinkIntoAFolderOfAnother) {
  const fs::path folder = temp_.path() / "others";
  fs::create_directory(folder);
  give(folder);
  fs::create_symlink(folder / "site.log", path_);
  expectRefusal();
}

TEST_F(LogFileTest, IsForItsUserAndGroupOnly) {
  const mode_t before = ::umask(0);
  open()->write("one\n");
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(LogFileTest, MayBeAStandardStream) {
  for (const char* name : {"/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"}) {
    path_ = name;
    EXPECT_TRUE(open({10, 1})->write(""));
    EXPECT_THAT(fallback_, IsEmpty()) << name;
  }
}

// -- rotation -------------------------------------------------------------

TEST_F(LogFileTest, IsRotatedBeforeItIsTooLarge) {
  const auto log = open({10, 2});
  for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n", "dddd\n", "eeee\n"}) log->write(line);
  EXPECT_EQ(contents(path_), "eeee\n");
  EXPECT_EQ(contents(old(1)), "cccc\ndddd\n");
  EXPECT_EQ(contents(old(2)), "aaaa\nbbbb\n");
  log->write("a line that is longer than a file\n");
  log->write("ffff\n");
  EXPECT_EQ(contents(path_), "ffff\n");
  EXPECT_EQ(contents(old(1)), "a line that is longer than a file\n");
  EXPECT_EQ(contents(old(2)), "eeee\n");
  EXPECT_FALSE(fs::exists(old(3))) << "no more than are to be kept";
}

TEST_F(LogFileTest, CountsWhatWasThereBefore) {
  std::ofstream(path_) << "0123456789";
  open({10, 1})->write("one\n");
  EXPECT_EQ(contents(path_), "one\n");
  EXPECT_EQ(contents(old(1)), "0123456789");
}

TEST_F(LogFileTest, KeepsNoneIfNoneIsWanted) {
  const auto log = open({10, 0});
  for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n"}) log->write(line);
  EXPECT_EQ(contents(path_), "cccc\n");
  EXPECT_FALSE(fs::exists(old(1)));
}

TEST_F(LogFileTest, LeavesGapsAmongOldFilesAlone) {
  std::ofstream(old(3)) << "third";
  const auto log = open({10, 5});
  for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n"}) log->write(line);
  EXPECT_EQ(contents(old(1)), "aaaa\nbbbb\n");
  EXPECT_EQ(contents(old(4)), "third");
}

TEST_F(LogFileTest, RotatesTheFileBehindASymbolicLink) {
  fs::create_directory(temp_.path() / "disk");
  const fs::path real = temp_.path() / "disk" / "real.log";
  fs::create_symlink(real, path_);
  const auto log = open({10, 1});
  for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n"}) log->write(line);
  EXPECT_EQ(contents(real), "cccc\n");
  EXPECT_EQ(contents(real.string() + ".1"), "aaaa\nbbbb\n");
  EXPECT_TRUE(fs::is_symlink(path_));
}

TEST_F(LogFileTest, LosesNothingWhereItCannotBeRotated) {
  fs::create_directories(old(1) / "in the way");
  const auto log = open({10, 1});
  for (const char* line : {"aaaa\n", "bbbb\n", "cccc\n", "dddd\n"}) EXPECT_TRUE(log->write(line));
  EXPECT_THAT(contents(path_), testing::StartsWith("aaaa\nbbbb\n* the log cannot be rotated: " +
                                                   path_.string() + ": Is a directory"));
  EXPECT_THAT(contents(path_), testing::EndsWith("again\ncccc\ndddd\n")) << "said once";
  EXPECT_THAT(fallback_, IsEmpty());

  fs::remove_all(old(1));
  log->write("eeee\n");
  EXPECT_FALSE(fs::exists(old(1))) << "not tried for each line";
  now += 60s;
  log->write("ffff\n");
  EXPECT_EQ(contents(path_), "ffff\n");
  EXPECT_THAT(contents(old(1)), testing::EndsWith("dddd\neeee\n"));
}

TEST_F(LogFileTest, IsRotatedOnceByTwoThatShareIt) {
  const auto one = open({10, 5});
  const auto two = open({10, 5});
  one->write("aaaa\n");
  two->write("bbbb\n");
  now += 1s;
  one->write("cccc\n");
  two->write("dddd\n");
  EXPECT_EQ(contents(path_), "cccc\ndddd\n");
  EXPECT_EQ(contents(old(1)), "aaaa\nbbbb\n");
  EXPECT_FALSE(fs::exists(old(2)));
}

TEST_F(LogFileTest, LosesNothingWhenManyRotateAtOnce) {
  constexpr int kWriters = 4;
  constexpr int kLines = 500;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer] {
      LogFile log(
          path_, {1000, 1000}, [](LogLevel, const std::string& text) { return text + '\n'; },
          [](std::string_view, std::chrono::milliseconds) { return false; });
      for (int i = 0; i < kLines; ++i) {
        EXPECT_TRUE(log.write(std::to_string(writer) + ':' + std::to_string(i) + '\n'));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::size_t lines = 0;
  for (const auto& file : fs::directory_iterator(path_.parent_path())) {
    std::ifstream stream(file.path());
    for (std::string line; std::getline(stream, line); ++lines) {
      ASSERT_THAT(line, testing::MatchesRegex("[0-3]:[0-9]+")) << "whole lines";
    }
  }
  EXPECT_EQ(lines, kWriters * kLines);
}

TEST_F(LogFileTest, DoesNotRotateWhatIsNoFile) {
  path_ = "/dev/null";
  const auto log = open({10, 1});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(log->write("aaaa\n"));
  EXPECT_FALSE(fs::exists("/dev/null.1"));
  EXPECT_THAT(fallback_, IsEmpty());
}

}  // namespace
}  // namespace holdfast
