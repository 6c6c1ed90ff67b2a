#include "host/line_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace holdfast {
namespace {

using testing::ElementsAre;

/// Takes lines only while it is open. Shared with the writer's thread.
struct Gate {
  bool take(std::string_view line) {
    std::unique_lock lock(mutex);
    entered = true;
    changed.notify_all();
    changed.wait(lock, [this] { return is_open; });
    if (failing > 0) return --failing, false;
    lines.emplace_back(line.substr(0, 60));
    return true;
  }
  void waitUntilEntered() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return entered; });
  }
  void open() {
    const std::lock_guard lock(mutex);
    is_open = true;
    changed.notify_all();
  }

  std::mutex mutex;  ///< guards all below
  std::condition_variable changed;
  bool is_open = true;
  bool entered = false;
  int failing = 0;  ///< so many calls
  std::vector<std::string> lines;
};

class LineWriterTest : public testing::Test {
 protected:
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::unique_ptr<LineWriter> writer_ = std::make_unique<LineWriter>(
      [gate = gate_](std::string_view line) { return gate->take(line); },
      [](LogLevel, const std::string& text) { return "* " + text + '\n'; });
};

TEST_F(LineWriterTest, WritesInOrder) {
  for (const char* line : {"one\n", "two\n", "three\n"}) writer_->write(line);
  writer_.reset();
  EXPECT_THAT(gate_->lines, ElementsAre("one\n", "two\n", "three\n"));
}

TEST_F(LineWriterTest, DropsWhatASinkThatIsStuckDoesNotTakeAndCountsIt) {
  gate_->is_open = false;
  writer_->write("first\n");
  gate_->waitUntilEntered();
  const std::string megabyte(1024 * 1024, 'x');
  for (int i = 0; i < 6; ++i) writer_->write(megabyte);  // 3 fit beside "first"
  gate_->open();
  writer_.reset();
  ASSERT_EQ(gate_->lines.size(), 5u);
  EXPECT_EQ(gate_->lines[0], "first\n");
  EXPECT_EQ(gate_->lines[1], "* ... 3 lines of this log were lost\n");
}

TEST_F(LineWriterTest, CountsWhatTheSinkCouldNotWrite) {
  gate_->failing = 1;
  writer_->write("one\n");
  writer_->write("two\n");
  writer_.reset();
  EXPECT_THAT(gate_->lines, ElementsAre("* ... 1 lines of this log were lost\n", "two\n"));
}

}  // namespace
}  // namespace holdfast
