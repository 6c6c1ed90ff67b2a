#include "host/front/output_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <random>
#include <string>

#include "tests/support/bytes.h"
#include "tests/support/descriptors.h"

namespace holdfast {
namespace {

using Status = IoResult::Status;

/// A queue on a socket that takes only a few KiB at a time.
class OutputQueueTest : public testing::Test {
 protected:
  OutputQueueTest() {
    const int tiny = 1;  // the kernel makes its minimum of it
    ::setsockopt(pair_.ours.handle(), SOL_SOCKET, SO_SNDBUF, &tiny, sizeof tiny);
    EXPECT_EQ(::getsockopt(pair_.ours.handle(), SOL_SOCKET, SO_SNDBUF, &capacity_, &size_), 0);
  }

  Status flush() { return queue_.flush(pair_.ours); }

  /// What the socket holds now.
  std::string receive() {
    std::string text;
    char buffer[8192];
    for (;;) {
      const IoResult result = pair_.theirs.read(std::as_writable_bytes(std::span(buffer)));
      if (!result.ok()) return text;
      text.append(buffer, result.bytes);
    }
  }

  std::string receiveAll() {
    std::string text = receive();
    while (!queue_.empty()) {
      EXPECT_EQ(flush(), Status::kOk);
      const std::string more = receive();
      if (more.empty()) {
        ADD_FAILURE() << "an empty socket takes nothing";
        break;
      }
      text += more;
    }
    return text;
  }

  DescriptorCheck descriptors_;
  SocketPair pair_ = makeSocketPair();
  OutputQueue queue_;
  int capacity_ = 0;
  socklen_t size_ = sizeof capacity_;
};

TEST_F(OutputQueueTest, SendsNothingWhenEmpty) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(flush(), Status::kOk);
  EXPECT_EQ(receive(), "");
}

TEST_F(OutputQueueTest, KeepsTheOrderOfOwnedAndBorrowedParts) {
  const std::string long_one(3000, 'b');
  const std::string long_two(2048, 'd');
  const std::string short_one = "c";
  queue_.append("a");
  queue_.appendBorrowed(asBytes(long_one));
  queue_.appendBorrowed(asBytes(short_one));
  queue_.appendBorrowed(asBytes(long_two));
  queue_.append("e");
  queue_.tail().push_back(std::byte{'f'});
  EXPECT_EQ(queue_.size(), 1 + 3000 + 1 + 2048 + 2U);
  ASSERT_EQ(flush(), Status::kOk);
  EXPECT_EQ(receiveAll(), "a" + long_one + "c" + long_two + "ef");
}

TEST_F(OutputQueueTest, BeginsAndEndsWithBorrowedParts) {
  const std::string one(2500, '1');
  const std::string two(2500, '2');
  queue_.appendBorrowed(asBytes(one));
  queue_.appendBorrowed(asBytes(two));
  ASSERT_EQ(flush(), Status::kOk);
  EXPECT_EQ(receiveAll(), one + two);
}

TEST_F(OutputQueueTest, CopiesBorrowedBytesThatTheSocketDoesNotTake) {
  const std::string sent = pattern(static_cast<std::size_t>(capacity_) * 8);
  auto lent = std::make_unique<std::string>(sent);
  queue_.append("head");
  queue_.appendBorrowed(asBytes(*lent));
  queue_.append("tail");
  ASSERT_EQ(flush(), Status::kOk);
  ASSERT_FALSE(queue_.empty()) << "the socket took more than its buffer";
  lent->assign(lent->size(), '!');
  lent.reset();
  EXPECT_EQ(receiveAll(), "head" + sent + "tail");
}

TEST_F(OutputQueueTest, CopiesBorrowedBytesWhenTheSocketTakesNothingAtAll) {
  const std::string fill = pattern(static_cast<std::size_t>(capacity_) * 4, 2);
  queue_.append(fill);
  ASSERT_EQ(flush(), Status::kOk);
  ASSERT_FALSE(queue_.empty());
  std::string lent = pattern(4000, 3);
  const std::string kept = lent;
  queue_.appendBorrowed(asBytes(lent));
  ASSERT_EQ(flush(), Status::kOk);
  lent.assign(lent.size(), '!');
  EXPECT_EQ(receiveAll(), fill + kept);
}

TEST_F(OutputQueueTest, CountsWhatIsUnsent) {
  const std::string text = pattern(static_cast<std::size_t>(capacity_) * 3);
  queue_.append(text);
  EXPECT_EQ(queue_.size(), text.size());
  ASSERT_EQ(flush(), Status::kOk);
  const std::size_t received = receive().size();
  EXPECT_GT(received, 0U);
  EXPECT_EQ(queue_.size(), text.size() - received);
}

TEST_F(OutputQueueTest, SendsMorePartsThanOneSystemCallTakes) {
  std::string expected;
  std::vector<std::string> lent;
  for (char c = 'A'; c < 'A' + 50; ++c) lent.emplace_back(2100, c);
  for (const std::string& part : lent) {
    queue_.append("-");
    queue_.appendBorrowed(asBytes(part));
    expected += "-" + part;
  }
  ASSERT_EQ(flush(), Status::kOk);
  EXPECT_EQ(receiveAll(), expected);
}

TEST_F(OutputQueueTest, IsTheSameStreamHoweverItIsFilledAndDrained) {
  std::mt19937 random(11);
  std::string expected;
  std::string received;
  for (unsigned round = 0; round < 400; ++round) {
    std::vector<std::string> lent;
    for (unsigned part = 0; part < random() % 4; ++part) {
      lent.push_back(pattern(random() % 6000, round * 7 + part));
      expected += lent.back();
    }
    for (const std::string& part : lent) {
      if (random() % 2 == 0) {
        queue_.appendBorrowed(asBytes(part));
      } else {
        queue_.append(part);
      }
    }
    ASSERT_EQ(flush(), Status::kOk);
    lent.clear();
    if (random() % 3 == 0) received += receive();
    ASSERT_EQ(queue_.size() + received.size() <= expected.size(), true);
  }
  received += receiveAll();
  EXPECT_TRUE(received == expected);
}

TEST_F(OutputQueueTest, SaysThatThePeerIsGone) {
  pair_.theirs.close();
  queue_.append("to nobody");
  EXPECT_EQ(flush(), Status::kError);
}

}  // namespace
}  // namespace holdfast
