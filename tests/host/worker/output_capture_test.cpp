#include "host/worker/output_capture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/bytes.h"
#include "tests/support/cuts.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OutputCaptureTest : public testing::Test {
 protected:
  OutputCaptureTest() { begin(); }
  ~OutputCaptureTest() override {
    thread_.call([this] { capture_.reset(); });
  }

  void begin() {
    SocketPair pipe = makeReadPipe();
    writer_ = std::move(pipe.theirs);
    thread_.call([&] {
      lines_.clear();
      capture_ = std::make_unique<OutputCapture>(
          thread_.loop, std::move(pipe.ours),
          [this](std::string_view line) { lines_.emplace_back(line); });
    });
  }

  /// Into the pipe; what does not fit waits for the reader.
  void write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::write(writer_.handle(), text.data(), text.size());
      if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
      if (count < 0) thread_.settle();
    }
  }

  std::vector<std::string> lines() {
    thread_.settle();
    return thread_.call([this] { return lines_; });
  }

  /// Writes without end, from a thread, until the pipe is closed.
  std::thread writeForEver() {
    ::fcntl(writer_.handle(), F_SETFL, 0);
    return std::thread([this] {
      const std::string text(4096, '\n');
      while (::write(writer_.handle(), text.data(), text.size()) > 0) {
      }
    });
  }

  std::vector<std::string> drained() {
    return thread_.call([this] {
      capture_->drain();
      return lines_;
    });
  }

  DescriptorCheck descriptors_;
  std::vector<std::string> lines_;
  std::unique_ptr<OutputCapture> capture_;
  Socket writer_;
  LoopThread thread_;
};

TEST_F(OutputCaptureTest, TellsLinesHoweverTheyAreWritten) {
  forEachCut("first\n\n  third\r\nlast\n", [&](const Chunks& chunks) {
    begin();
    for (const std::string_view chunk : chunks) {
      write(chunk);
      thread_.settle();
    }
    EXPECT_THAT(lines(), ElementsAre("first", "", "  third\r", "last"));
    EXPECT_THAT(drained(), ElementsAre("first", "", "  third\r", "last"));
  });
}

TEST_F(OutputCaptureTest, WaitsForTheEndOfALine) {
  write("begun");
  EXPECT_THAT(lines(), IsEmpty());
  write(" and ended\nnext");
  EXPECT_THAT(lines(), ElementsAre("begun and ended"));
}

TEST_F(OutputCaptureTest, TakesWhatHasNoEndForALineWhenItIsDrained) {
  write("whole\nand half");
  EXPECT_THAT(drained(), ElementsAre("whole", "and half"));
  EXPECT_THAT(drained(), ElementsAre("whole", "and half"));
}

TEST_F(OutputCaptureTest, CutsLinesThatAreTooLongAndLosesNothing) {
  const std::string text(100'000, 'x');
  write(text + "\nshort\n");
  ASSERT_TRUE(thread_.waitUntil([&] { return !lines_.empty() && lines_.back() == "short"; }));
  auto pieces = lines();
  pieces.pop_back();
  std::string joined;
  for (const std::string& piece : pieces) {
    EXPECT_LE(piece.size(), 8192U);
    joined += piece;
  }
  EXPECT_EQ(joined, text);
}

TEST_F(OutputCaptureTest, EndsWithThePipe) {
  write("last words");
  writer_.close();
  thread_.settle();
  EXPECT_THAT(drained(), ElementsAre("last words"));
  // The loop turns without being told of the closed pipe again and again.
  thread_.settle();
  EXPECT_THAT(drained(), ElementsAre("last words"));
}

TEST_F(OutputCaptureTest, DrainsMoreThanOneRead) {
  std::string expected;
  // All of it written while the loop does not look.
  thread_.call([&] {
    for (int i = 0; i < 3000; ++i) expected += "line " + std::to_string(i) + "\n";
    write(expected);
    writer_.close();
    capture_->drain();
  });
  std::string joined;
  for (const std::string& line : lines()) joined += line + "\n";
  EXPECT_EQ(joined, expected);
}

TEST_F(OutputCaptureTest, LetsOthersTakeTheirTurnBetweenManyLines) {
  // One look in each round of the loop, however busy the machine is.
  std::vector<std::size_t> seen;
  std::function<void()> look = [&] {
    seen.push_back(lines_.size());
    if (seen.back() < 60'000) thread_.loop.post(look);
  };
  thread_.call([&] { look(); });
  write(std::string(60'000, '\n'));
  EXPECT_TRUE(thread_.waitUntil([&] { return lines_.size() == 60'000; }));
  thread_.settle();
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_LE(seen[i] - seen[i - 1], 4 * OutputCapture::kLinesPerTurn);
  }
}

TEST_F(OutputCaptureTest, ReadsNoMoreWhileMuchIsStillToBeTold) {
  // The pipe is full again before the first read is told.
  write(std::string(60'000, '\n') + std::string(60'000, '\n') + "last\n");
  writer_.close();
  EXPECT_TRUE(thread_.waitUntil([&] { return !lines_.empty() && lines_.back() == "last"; }));
  EXPECT_EQ(lines().size(), 120'001U);
}

TEST_F(OutputCaptureTest, TellsTheLastOfManyLinesWhenItIsDrained) {
  const auto lines = [&] {
    thread_.call([&] {
      write(std::string(60'000, '\n') + "last words");
      capture_->drain();
    });
    return this->lines();
  }();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "last words");
  EXPECT_THAT(lines.front(), testing::HasSubstr(" lines are left out here"));
  EXPECT_LE(lines.size(), OutputCapture::kMaxDrainLines + 2);
}

TEST_F(OutputCaptureTest, IsNotKeptForEverByAWriterWithoutEnd) {
  std::atomic<bool> over = false;
  std::thread writer([&] {
    ::fcntl(writer_.handle(), F_SETFL, 0);  // blocking, as a worker writes
    const std::string text(60'000, 'y');
    while (!over && ::write(writer_.handle(), text.data(), text.size()) > 0) {
    }
  });
  ::signal(SIGPIPE, SIG_IGN);
  thread_.call([this] { capture_->drain(); });
  thread_.call([this] { capture_->finish(); });
  const std::size_t told = lines().size();
  over = true;
  writer.join();
  EXPECT_EQ(lines().size(), told) << "told of what came after the end";
}

TEST(LastLines, KeepsTheLastOfThem) {
  LastLines last;
  for (int i = 0; i < 100; ++i) last.add("line " + std::to_string(i));
  ASSERT_FALSE(last.lines().empty());
  EXPECT_LE(last.lines().size(), 40U);
  EXPECT_EQ(last.lines().back(), "line 99");
  EXPECT_EQ(last.lines().front(), "line " + std::to_string(100 - last.lines().size()));
}

TEST(LastLines, KeepsTheBeginningOfALongOne) {
  LastLines last;
  last.add("begin" + std::string(100'000, 'x'));
  EXPECT_LE(last.lines().back().size(), 1000U);
  EXPECT_TRUE(last.lines().back().starts_with("begin"));
}

TEST_F(OutputCaptureTest, DrainsNoMoreThanThereIsOfAWriterThatNeverEnds) {
  std::thread writer = writeForEver();
  thread_.call([this] {
    for (int i = 0; i < 3; ++i) capture_->drain();
    capture_.reset();
  });
  writer.join();
}

}  // namespace
}  // namespace holdfast
