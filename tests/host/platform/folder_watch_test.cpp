#include "host/platform/folder_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/config/temp_directory.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class FolderWatchTest : public testing::Test {
 protected:
  ~FolderWatchTest() override { stop(); }

  std::unique_ptr<FolderWatch> makeWatch(FolderWatch::Limits limits) {
    return std::make_unique<FolderWatch>(
        thread_.loop, root_,
        FolderWatch::Listener{[](const std::string& path) { return path.ends_with(".py"); },
                              [this](const std::string& path) { changed_.push_back(path); }},
        limits);
  }

  void start() { start({}); }
  void start(FolderWatch::Limits limits) {
    thread_.call([&] { watch_ = makeWatch(limits); });
    settle();
    EXPECT_THAT(take(), IsEmpty()) << "nothing has changed yet";
  }

  void stop() {
    thread_.call([&] { watch_.reset(); });
  }

  /// All is watched, and what was done before is told: a marker comes last.
  void settle() {
    EXPECT_TRUE(thread_.waitUntil([&] { return watch_->complete(); }));
    thread_.settle();
    EXPECT_TRUE(thread_.waitUntil([&] { return watch_->complete(); }));
  }

  /// Waits until `path` is told as changed.
  void expectChanged(const std::string& path) {
    EXPECT_TRUE(thread_.waitUntil([&] {
      return std::find(changed_.begin(), changed_.end(), path) != changed_.end();
    })) << path
        << " was not told; " << testing::PrintToString(take());
  }

  /// What was told, each once, in alphabetical order.
  std::vector<std::string> take() {
    return thread_.call([&] {
      const std::set<std::string> names(changed_.begin(), changed_.end());
      changed_.clear();
      return std::vector<std::string>(names.begin(), names.end());
    });
  }
  /// As take(), when all that was done is told.
  std::vector<std::string> takeAll() {
    write("marker.py");
    expectChanged("marker.py");
    settle();
    std::vector<std::string> names = take();
    std::erase(names, "marker.py");
    return names;
  }

  void write(const std::string& name, const std::string& text = "x = 1\n") {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  void shell(const std::string& command) {
    const std::string all = "cd '" + root_.string() + "' && set -e; " + command;
    EXPECT_EQ(std::system(("{ " + all + "\n} >/dev/null 2>&1").c_str()), 0) << command;
  }

  DescriptorCheck descriptors_;
  CapturedLog log_;
  TempDirectory temp_;
  fs::path root_ = temp_.path();
  std::vector<std::string> changed_;  ///< the loop's thread
  LoopThread thread_;
  std::unique_ptr<FolderWatch> watch_;
};

TEST_F(FolderWatchTest, TellsOfFilesWrittenMovedTouchedAndRemoved) {
  write("app.py");
  write("gone.py");
  write("old.py");
  write("touched.py");
  start();
  write("app.py", "x = 2\n");
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
  write("new.py");
  EXPECT_THAT(takeAll(), ElementsAre("new.py"));
  fs::remove(root_ / "gone.py");
  EXPECT_THAT(takeAll(), ElementsAre("gone.py"));
  fs::rename(root_ / "old.py", root_ / "other.py");
  EXPECT_THAT(takeAll(), ElementsAre("old.py", "other.py"));
  shell("touch touched.py");
  EXPECT_THAT(takeAll(), ElementsAre("touched.py"));
  shell("python3 -c 'import os; os.utime(\"touched.py\")'");
  EXPECT_THAT(takeAll(), ElementsAre("touched.py"));
}

TEST_F(FolderWatchTest, TellsOfLinksButNotOfThoseOfEmacs) {
  write("app.py");
  write("elsewhere/code.txt");
  start();
  fs::create_hard_link(root_ / "app.py", root_ / "hard.py");
  EXPECT_THAT(takeAll(), Contains("hard.py"));
  fs::create_symlink("elsewhere/code.txt", root_ / "soft.py");
  EXPECT_THAT(takeAll(), ElementsAre("soft.py"));
  fs::create_symlink("me@host.1234:567", root_ / ".#app.py");
  fs::remove(root_ / ".#app.py");
  EXPECT_THAT(takeAll(), IsEmpty());
}

TEST_F(FolderWatchTest, TellsOfALinkToAFolderThatIsSwitched) {
  write("one/lib/x.py");
  write("two/lib/x.py");
  fs::create_symlink("one", root_ / "vendor");
  start();
  shell("ln -s two new && mv -T new vendor");
  EXPECT_THAT(takeAll(), Contains("vendor/"));
}

TEST_F(FolderWatchTest, LeavesAloneWhatIsReadOrChangesItsRightsOnly) {
  write("app.py");
  start();
  // Read, and its time of access put back; other rights a moment after it was written.
  shell("cat app.py");
  std::this_thread::sleep_for(20ms);
  shell("chmod 600 app.py");
  shell(
      "python3 -c 'import os; s = os.stat(\"app.py\"); "
      "os.utime(\"app.py\", ns=(0, s.st_mtime_ns))'");
  write("data.txt");
  EXPECT_THAT(takeAll(), IsEmpty());
}

TEST_F(FolderWatchTest, LeavesOutWhatIsBigOrWrittenByTheWorkers) {
  write("pkg/__pycache__/old.py");
  start();
  for (const char* name : {".git/hook.py", "pkg/__pycache__/app.py", "__pycache__/new.py",
                           "node_modules/gyp/gyp.py", ".tox/x.py"}) {
    write(name);
  }
  write("venv/lib/python3.11/site-packages/django/views.py");
  EXPECT_THAT(takeAll(), ElementsAre("venv/lib/python3.11/site-packages/django/views.py"));
}

TEST_F(FolderWatchTest, FindsFilesMadeTogetherWithTheirFolders) {
  start();
  for (int i = 0; i < 50; ++i) {
    const std::string folder = "a" + std::to_string(i) + "/b/c";
    write(folder + "/deep.py");
    expectChanged(folder + "/deep.py");
  }
  take();
  // And all of them are watched from now on.
  for (int i = 0; i < 50; ++i) write("a" + std::to_string(i) + "/b/c/deep.py", "y");
  EXPECT_EQ(takeAll().size(), 50u);
}

TEST_F(FolderWatchTest, FollowsAFolderThatIsRenamedOrMovedInOrOut) {
  write("pkg/sub/code.py");
  write("empty/notes.txt");
  start();
  fs::rename(root_ / "pkg", root_ / "renamed");
  EXPECT_THAT(takeAll(), ElementsAre("pkg/", "renamed/sub/code.py"));
  write("renamed/sub/code.py", "y");
  EXPECT_THAT(takeAll(), ElementsAre("renamed/sub/code.py"));

  const TempDirectory outside;
  fs::rename(root_ / "renamed", outside.path() / "pkg");
  EXPECT_THAT(takeAll(), ElementsAre("renamed/"));
  std::ofstream(outside.path() / "pkg/sub/code.py") << "z";
  EXPECT_THAT(takeAll(), IsEmpty()) << "it is not ours any more";
  fs::rename(outside.path() / "pkg", root_ / "back");
  EXPECT_THAT(takeAll(), ElementsAre("back/sub/code.py"));

  fs::rename(root_ / "empty", outside.path() / "empty");
  EXPECT_THAT(takeAll(), IsEmpty()) << "there was no code in it";
}

TEST_F(FolderWatchTest, WatchesAFolderThatWasRemovedAndMadeAgain) {
  write("pkg/code.py");
  start();
  for (int i = 0; i < 20; ++i) {
    shell("rm -r pkg && mkdir pkg && echo x > pkg/code.py");
    EXPECT_THAT(takeAll(), Contains("pkg/code.py"));
  }
  write("pkg/code.py", "y");
  EXPECT_THAT(takeAll(), ElementsAre("pkg/code.py"));
}

TEST_F(FolderWatchTest, TellsOfTheWaysInWhichEditorsSave) {
  write("app.py");
  start();
  // vim with backupcopy=no
  shell("echo > 4913; rm 4913; mv app.py app.py~; echo y > app.py; rm app.py~");
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
  shell("echo z > .app.py.tmp; mv .app.py.tmp app.py");
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
  shell("sed -i s/z/a/ app.py");
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
}

TEST_F(FolderWatchTest, TellsOfACheckout) {
  shell(
      "git init -q . && git config user.email a@b.c && git config user.name n && "
      "mkdir common && for i in $(seq 300); do mkdir -p one$i; echo 1 > one$i/m.py; "
      "echo 1 > common/m$i.py; done; git add -A; git commit -qm one; git checkout -q -b two; "
      "for i in $(seq 300); do git mv -k one$i two$i; echo 2 > common/m$i.py; done; "
      "git commit -qam two; git checkout -q -");
  start();
  shell("git checkout -q two");
  const std::vector<std::string> told = takeAll();
  for (int i = 1; i <= 300; ++i) {
    const std::string number = std::to_string(i);
    EXPECT_THAT(told, Contains("one" + number + "/m.py"));
    EXPECT_THAT(told, Contains("two" + number + "/m.py"));
    EXPECT_THAT(told, Contains("common/m" + number + ".py"));
  }
  for (int i = 1; i <= 300; ++i) write("two" + std::to_string(i) + "/m.py", "3");
  EXPECT_EQ(takeAll().size(), 300u) << "not all new folders are watched";
}

TEST_F(FolderWatchTest, NoticesThatTheLinkToTheRootIsSwitched) {
  write("releases/1/app/app.py");
  write("releases/2/app/app.py");
  fs::create_symlink("releases/1", root_ / "current");
  const fs::path base = root_;
  root_ = base / "current/app";
  start();
  fs::create_symlink("releases/2", base / "new");
  fs::rename(base / "new", base / "current");
  expectChanged("/");
  settle();
  EXPECT_THAT(take(), ElementsAre("/"));
  std::ofstream(base / "releases/1/app/app.py") << "old";
  EXPECT_THAT(takeAll(), IsEmpty());
  std::ofstream(base / "releases/2/app/app.py") << "new";
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
}

TEST_F(FolderWatchTest, WatchesARootThatIsRemovedAndMadeAgain) {
  root_ /= "site/app";
  write("app.py");
  start();
  for (const char* gone : {"site", "site/app"}) {
    fs::remove_all(temp_.path() / gone);
    expectChanged("app.py");
    settle();
    take();
    write("app.py");
    expectChanged("/");
    settle();
    take();
    write("app.py", "y");
    EXPECT_THAT(takeAll(), ElementsAre("app.py"));
  }
}

TEST_F(FolderWatchTest, WatchesARootThatIsMovedAwayAndReplaced) {
  root_ /= "app";
  write("app.py");
  start();
  fs::rename(root_, temp_.path() / "old");
  write("app.py");
  expectChanged("/");
  settle();
  take();
  write("app.py", "y");
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
}

TEST_F(FolderWatchTest, SaysThatAllMayHaveChangedWhereEventsWereLost) {
  write("app.py");
  start();
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  std::size_t most = 0;
  limit >> most;
  // The loop does not read meanwhile; pairs, as equal events in a row count once.
  thread_.call([&] {
    const std::string one = (root_ / "one").string();
    const std::string two = (root_ / "two").string();
    std::ofstream(one) << "x";
    for (std::size_t i = 0; i < most / 2 + 1; ++i) {
      ::rename(one.c_str(), two.c_str());
      ::rename(two.c_str(), one.c_str());
    }
    // Its event is lost.
    fs::create_directory(root_ / "late");
  });
  expectChanged("/");
  settle();
  take();
  write("late/code.py");
  EXPECT_THAT(takeAll(), ElementsAre("late/code.py"));
}

TEST_F(FolderWatchTest, LooksThroughTheFoldersWhereTheSystemGivesNoMoreWatches) {
  write("app.py");
  write("same.py");
  write("gone.py");
  write("a/b/code.py");
  fs::create_symlink("a", root_ / "vendor");
  start({.system_watches = 2, .look_again = 1ms});
  EXPECT_TRUE(log_.has("the limit fs.inotify.max_user_watches is reached"));
  write("a/b/code.py", "y");
  write("new/new.py");
  fs::remove(root_ / "gone.py");
  fs::remove(root_ / "vendor");
  fs::create_symlink("new", root_ / "vendor");
  for (const char* name : {"a/b/code.py", "new/new.py", "gone.py", "vendor/"}) expectChanged(name);
  EXPECT_THAT(take(), Not(Contains("same.py")));
}

TEST_F(FolderWatchTest, SaysThatThereAreMoreFoldersThanItWatches) {
  for (int i = 0; i < 20; ++i) write("d" + std::to_string(i) + "/deep/code.py");
  start({.folders = 21});
  EXPECT_EQ(thread_.call([&] { return watch_->folders(); }), 21u);
  EXPECT_TRUE(log_.has("there are more than 21 folders below"));
  write("d7/code.py");
  EXPECT_THAT(takeAll(), ElementsAre("d7/code.py")) << "those further up are watched first";
}

TEST_F(FolderWatchTest, WatchesARootThatComesLater) {
  root_ /= "app";
  std::ofstream(root_) << "not even a folder";
  start();
  EXPECT_THAT(log_.all(), IsEmpty()) << "it may come yet";
  fs::remove(root_);
  write("app.py");
  expectChanged("/");
  settle();
  take();
  write("app.py", "y");
  EXPECT_THAT(takeAll(), ElementsAre("app.py"));
}

TEST_F(FolderWatchTest, TellsNamesAsTheyAre) {
  start();
  write("two\nlines.py");
  write("\xFF\xFE.py");
  write("d\xFF/\n.py");
  EXPECT_THAT(takeAll(), ElementsAre("d\xFF/\n.py", "two\nlines.py", "\xFF\xFE.py"));
}

TEST_F(FolderWatchTest, WatchesDeepFolders) {
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "folder/";
  write(deep + "code.py");
  start();
  write(deep + "code.py", "y");
  EXPECT_THAT(takeAll(), ElementsAre(deep + "code.py"));
}

TEST_F(FolderWatchTest, LeavesOutWhatIsTooDeepForAPath) {
  shell(
      "python3 -c 'import os\nfor i in range(100): os.mkdir(\"n\" * 100); os.chdir(\"n\" * 100)'");
  start();
  EXPECT_THAT(takeAll(), IsEmpty());
  shell("python3 -c 'import shutil; shutil.rmtree(\"n\" * 100)'");
  EXPECT_THAT(takeAll(), IsEmpty());
}

TEST_F(FolderWatchTest, LetsTheLoopTurnWhileItFindsThousandsOfFolders) {
  for (int i = 0; i < 100; ++i) {
    for (int k = 0; k < 50; ++k) {
      fs::create_directories(root_ / std::to_string(i) / std::to_string(k));
    }
  }
  int turns = 0;
  std::function<void()> turn = [&] {
    if (watch_->complete()) return;
    ++turns;
    thread_.loop.post(turn);
  };
  const auto begun = std::chrono::steady_clock::now();
  thread_.call([&] {
    watch_ = makeWatch({});
    turn();
    // Later than the watch began, by the file system's clock, and before that folder is found.
    std::this_thread::sleep_for(20ms);
    write("99/49/early.py");
  });
  settle();
  RecordProperty("milliseconds",
                 static_cast<int>((std::chrono::steady_clock::now() - begun) / 1ms));
  EXPECT_EQ(thread_.call([&] { return watch_->folders(); }), 5'101u);
  EXPECT_GT(thread_.call([&] { return turns; }), 5);
  EXPECT_THAT(take(), ElementsAre("99/49/early.py"));
  write("50/25/code.py");
  EXPECT_THAT(takeAll(), ElementsAre("50/25/code.py"));
}

}  // namespace
}  // namespace holdfast
