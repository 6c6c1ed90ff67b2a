#include "host/site/reload_trigger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>

#include "config/settings.h"
#include "tests/config/temp_directory.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;

class ReloadTriggerTest : public testing::Test {
 protected:
  ~ReloadTriggerTest() override {
    thread_.call([&] { trigger_.reset(); });
  }

  void start(const std::string& pattern = Settings().reload.pattern) {
    thread_.call([&] {
      trigger_ = std::make_unique<ReloadTrigger>(
          thread_.loop, ReloadTrigger::Watched{root_, pattern, settings_},
          [this](const ReloadReason& reason) { reasons_.push_back(reason); },
          // Long enough for what a test does at once, on a busy machine too.
          ChangeDetector::Pace{.quiet = 300ms, .longest = 60s});
    });
  }

  void write(const fs::path& name, const std::string& text = "x = 1\n") {
    std::ofstream(root_ / name) << text;
  }

  /// The next reload, which must come.
  ReloadReason next() {
    EXPECT_TRUE(thread_.waitUntil([&] { return !reasons_.empty(); }));
    return thread_.call([&] {
      const ReloadReason reason = reasons_.empty() ? ReloadReason() : reasons_.front();
      if (!reasons_.empty()) reasons_.erase(reasons_.begin());
      return reason;
    });
  }

  DescriptorCheck descriptors_;
  CapturedLog log_;
  TempDirectory temp_;
  TempDirectory outside_;
  fs::path root_ = temp_.path();
  std::vector<fs::path> settings_;
  std::vector<ReloadReason> reasons_;  ///< the loop's thread
  LoopThread thread_;
  std::unique_ptr<ReloadTrigger> trigger_;
};

TEST_F(ReloadTriggerTest, MakesOneReloadOfWhatChangesTogether) {
  start();
  for (int i = 0; i < 42; ++i) write("m" + std::to_string(i) + ".py");
  write("notes.txt");
  const ReloadReason reason = next();
  EXPECT_EQ(reason.count, 42u);
  EXPECT_EQ(reason.names.size(), 3u);
  EXPECT_FALSE(reason.settings_changed);
  write("m0.py", "y");
  EXPECT_THAT(next().names, ElementsAre("m0.py"));
}

TEST_F(ReloadTriggerTest, TellsOfSettingsFilesWhateverThePattern) {
  settings_ = {root_ / "holdfast.yaml", outside_.path() / "etc/site.yaml"};
  start(".*\\.data$");
  write("holdfast.yaml");
  ReloadReason reason = next();
  EXPECT_THAT(reason.names, ElementsAre("holdfast.yaml"));
  EXPECT_TRUE(reason.settings_changed);

  fs::create_directory(outside_.path() / "etc");
  write(settings_[1]);
  reason = next();
  EXPECT_THAT(reason.names, ElementsAre(settings_[1].string()));
  EXPECT_TRUE(reason.settings_changed);

  fs::remove(settings_[1]);
  EXPECT_TRUE(next().settings_changed);
  write("app.data");
  EXPECT_FALSE(next().settings_changed);
}

TEST_F(ReloadTriggerTest, FollowsTheLinksOfASettingsFile) {
  // As Kubernetes mounts a configuration.
  const fs::path folder = outside_.path();
  fs::create_directory(folder / "..one");
  fs::create_directory(folder / "..two");
  write(folder / "..one/site.yaml", "one");
  write(folder / "..two/site.yaml", "two");
  fs::create_symlink("..one", folder / "..data");
  fs::create_symlink("..data/site.yaml", folder / "site.yaml");
  settings_ = {folder / "site.yaml"};
  start();
  fs::create_symlink("..two", folder / "..new");
  fs::rename(folder / "..new", folder / "..data");
  EXPECT_TRUE(next().settings_changed);
  write(folder / "..two/site.yaml", "three");
  EXPECT_TRUE(next().settings_changed);
}

TEST_F(ReloadTriggerTest, CountsASettingsFileThatMatchesThePatternOnce) {
  settings_ = {root_ / "web.config"};
  start();
  write("web.config");
  const ReloadReason reason = next();
  EXPECT_EQ(reason.count, 1u);
  EXPECT_TRUE(reason.settings_changed);
}

TEST_F(ReloadTriggerTest, WatchesNothingWithoutAPattern) {
  settings_ = {root_ / "web.config"};
  const auto before = openDescriptors();
  start("");
  EXPECT_EQ(openDescriptors(), before);
}

TEST_F(ReloadTriggerTest, NamesTheRootWhereItIsAnotherOne) {
  fs::create_directory(root_ / "one");
  fs::create_directory(root_ / "two");
  fs::create_symlink("one", root_ / "current");
  root_ /= "current";
  start();
  fs::create_symlink("two", root_.parent_path() / "new");
  fs::rename(root_.parent_path() / "new", root_);
  EXPECT_THAT(next().names, ElementsAre(root_.string()));
}

TEST_F(ReloadTriggerTest, SaysOnceThatAPatternTakesTooLong) {
  write(std::string(60, 'a') + "b");
  write(std::string(60, 'a') + "c");
  start("(a+)+$");
  EXPECT_TRUE(thread_.waitUntil([&] { return log_.has("reload.pattern (a+)+$ takes too long"); }));
  write("aa");
  EXPECT_THAT(next().names, ElementsAre("aa"));
  EXPECT_EQ(log_.all().size(), 1u);
}

TEST_F(ReloadTriggerTest, MayBeReplacedByWhatItCalls) {
  thread_.call([&] {
    trigger_ = std::make_unique<ReloadTrigger>(
        thread_.loop, ReloadTrigger::Watched{root_, ".*", {}},
        [this](const ReloadReason& reason) {
          trigger_.reset();
          reasons_.push_back(reason);
        },
        ChangeDetector::Pace{.quiet = 1ms, .longest = 1ms});
  });
  write("app.py");
  EXPECT_EQ(next().count, 1u);
}

}  // namespace
}  // namespace holdfast
