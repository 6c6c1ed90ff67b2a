#include "host/worker/thread_stacks.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using namespace std::string_literals;

const SlotRequests kRequests = {"request 1-1 (GET /hang)", ""};

TEST(DescribeStacks, NamesSlotsAndTheirRequests) {
  const std::string content =
      "0\0holdfast-slot-0\0  File \"app.py\", line 3, in app\n    sleep(9)\n\0"
      "1\0holdfast-slot-1\0\0"
      "\0MainThread\0  File \"x.py\", line 1, in run"s;
  EXPECT_EQ(describeStacks(content, kRequests),
            "slot 0, request 1-1 (GET /hang):\n"
            "  File \"app.py\", line 3, in app\n    sleep(9)\n"
            "slot 1: waiting for a request\n"
            "thread MainThread:\n  File \"x.py\", line 1, in run\n");
}

TEST(DescribeStacks, TakesWhatIsWholeOfABrokenAnswer) {
  EXPECT_EQ(describeStacks("0\0name"s, kRequests), "");
  EXPECT_EQ(describeStacks("", kRequests), "");
  EXPECT_EQ(describeStacks("7\0n\0s\n\0 1\0n"s, kRequests), "slot 7:\ns\n");
  EXPECT_EQ(describeStacks("99999999999999999999999\0n\0s\n"s, kRequests), "thread n:\ns\n");
}

TEST(DescribeRawStacks, NamesThoseOfSlots) {
  EXPECT_EQ(describeRawStacks({"Thread 0x00007f0000000011 (most recent call first):",
                               "  File \"app.py\", line 3 in app", "",
                               "Current thread 0x00007f0000000099 (most recent call first):",
                               "  File \"m.py\", line 8 in main",
                               "Thread 0x00007f0000000012 [name] (most recent call first):"},
                              {0x7f0000000011, 0x7f0000000012}, kRequests),
            "slot 0, request 1-1 (GET /hang) (newest call first):\n"
            "  File \"app.py\", line 3 in app\n\n"
            "Current thread 0x00007f0000000099 (most recent call first):\n"
            "  File \"m.py\", line 8 in main\n"
            "slot 1 (newest call first):\n");
}

TEST(DescribeRawStacks, LeavesOtherTextAlone) {
  EXPECT_EQ(describeRawStacks({"Thread 0xzz", "thread 0x", "", "in a thread 0x11 of"}, {0x11}, {}),
            "Thread 0xzz\nthread 0x\n\nin a thread 0x11 of\n");
}

}  // namespace
}  // namespace holdfast
