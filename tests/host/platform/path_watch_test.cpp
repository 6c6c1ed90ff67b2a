#include "host/platform/path_watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "host/platform/inotify_posix.h"
#include "tests/config/temp_directory.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

void makeNoise(const fs::path& folder) {
  const fs::path file = folder / "noise";
  for (int i = 0; i < 20; ++i) {
    std::ofstream(file) << i;
    fs::remove(file);
  }
}

TEST(PathWatch, NoticesAChangeAmongMuchNoise) {
  const TempDirectory temp;
  const fs::path wanted = temp.write("folder/wanted", "before");
  int changes = 0;
  std::unique_ptr<PathWatch> watch;
  LoopThread thread;
  thread.call([&] {
    watch = std::make_unique<PathWatch>(thread.loop, std::vector<fs::path>{wanted},
                                        [&](std::size_t) { ++changes; });
  });
  for (int i = 0; i < 50; ++i) makeNoise(wanted.parent_path());
  EXPECT_EQ(thread.call([&] { return changes; }), 0);
  temp.write("folder/wanted", "after that");
  EXPECT_TRUE(thread.waitUntil([&] {
    makeNoise(wanted.parent_path());
    return changes > 0;
  }));
  thread.call([&] { watch.reset(); });
}

/// The file system may give the new folder the number of the old one.
TEST(PathWatch, NoticesAFolderThatIsReplacedWhileItRests) {
  const TempDirectory temp;
  const fs::path wanted = temp.path() / "wanted";
  fs::create_directory(wanted);
  int changes = 0;
  std::unique_ptr<PathWatch> watch;
  LoopThread thread;
  thread.call([&] {
    watch = std::make_unique<PathWatch>(thread.loop, std::vector<fs::path>{wanted},
                                        [&](std::size_t) { ++changes; });
  });
  makeNoise(temp.path());
  thread.call([&] {  // so that both are noticed at once
    fs::remove(wanted);
    fs::create_directory(wanted);
  });
  EXPECT_TRUE(thread.waitUntil([&] { return changes > 0; }));
  thread.call([&] { watch.reset(); });
}

TEST(Inotify, RestsAfterEachRead) {
  const TempDirectory temp;
  int batches = 0;
  std::unique_ptr<Inotify> inotify;
  LoopThread thread;
  const auto begin = std::chrono::steady_clock::now();
  thread.call([&] {
    inotify = std::make_unique<Inotify>(
        thread.loop, [](const inotify_event&, const std::string&) {}, [&] { ++batches; }, 50ms);
    inotify->add(temp.path().string(), IN_CREATE | IN_DELETE);
  });
  while (std::chrono::steady_clock::now() - begin < 300ms) makeNoise(temp.path());
  EXPECT_TRUE(thread.waitUntil([&] { return batches >= 2; })) << "it goes on";
  thread.call([&] {
    const auto longest = std::chrono::steady_clock::now() - begin;
    EXPECT_LE(batches, longest / 50ms + 1);
    inotify.reset();
  });
}

}  // namespace
}  // namespace holdfast
