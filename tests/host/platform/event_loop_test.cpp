#include "host/platform/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "host/front/request.h"
#include "tests/support/bytes.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class EventLoopTest : public testing::Test {
 protected:
  /// Until a handler calls loop_.stop().
  void run() {
    const Timer deadline = loop_.after(kTestDeadline, [this] {
      ADD_FAILURE() << "what the test waits for did not happen";
      loop_.stop();
    });
    loop_.run();
  }

  /// A socket with something to read in it.
  SocketPair readablePair() {
    SocketPair pair = makeSocketPair();
    EXPECT_TRUE(pair.theirs.write(asBytes("x")).ok());
    return pair;
  }

  DescriptorCheck descriptors_;
  EventLoop loop_;
  std::vector<std::string> events_;
};

TEST_F(EventLoopTest, TellsWhenAHandleCanBeRead) {
  SocketPair pair = readablePair();
  Watch watch(loop_, pair.ours.handle(), true, false, [&](Readiness ready) {
    EXPECT_TRUE(ready.readable);
    EXPECT_FALSE(ready.writable);
    EXPECT_FALSE(ready.hangup);
    loop_.stop();
  });
  run();
}

TEST_F(EventLoopTest, TellsOnlyWhatIsWanted) {
  SocketPair pair = readablePair();
  Watch watch(loop_, pair.ours.handle(), false, true, [&](Readiness ready) {
    EXPECT_FALSE(ready.readable);
    EXPECT_TRUE(ready.writable);
    EXPECT_FALSE(watch.wantsRead());
    watch.want(true, false);
    EXPECT_TRUE(watch.wantsRead());
    EXPECT_FALSE(watch.wantsWrite());
    loop_.post([&] { loop_.stop(); });
  });
  run();
}

TEST_F(EventLoopTest, TellsOfAHangupWithoutBeingAsked) {
  SocketPair pair = makeSocketPair();
  pair.theirs.close();
  Watch watch(loop_, pair.ours.handle(), false, false, [&](Readiness ready) {
    EXPECT_TRUE(ready.hangup);
    loop_.stop();
  });
  run();
}

TEST_F(EventLoopTest, TellsAgainWhatWasLeftUnread) {
  SocketPair pair = readablePair();
  int calls = 0;
  Watch watch(loop_, pair.ours.handle(), true, false, [&](Readiness) {
    if (++calls == 3) loop_.stop();
  });
  run();
  EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopTest, LetsAHandlerDestroyItsOwnWatch) {
  SocketPair pair = readablePair();
  std::unique_ptr<Watch> watch;
  const auto token = std::make_shared<std::string>("captured");
  watch = std::make_unique<Watch>(loop_, pair.ours.handle(), true, false,
                                  [this, &watch, token](Readiness) {
                                    watch.reset();
                                    // What the handler has captured must still be there.
                                    events_.push_back(*token);
                                    loop_.post([this] { loop_.stop(); });
                                  });
  run();
  EXPECT_THAT(events_, ElementsAre("captured"));
  EXPECT_EQ(token.use_count(), 1) << "the handler is kept for ever";
}

TEST_F(EventLoopTest, DoesNotTellAWatchThatAnotherHandlerOfTheSameRoundDestroyed) {
  SocketPair first = readablePair();
  SocketPair second = readablePair();
  std::unique_ptr<Watch> one;
  std::unique_ptr<Watch> two;
  int calls = 0;
  one = std::make_unique<Watch>(loop_, first.ours.handle(), true, false, [&](Readiness) {
    ++calls;
    two.reset();
    loop_.post([&] { loop_.stop(); });
  });
  two = std::make_unique<Watch>(loop_, second.ours.handle(), true, false, [&](Readiness) {
    ++calls;
    one.reset();
    loop_.post([&] { loop_.stop(); });
  });
  run();
  EXPECT_EQ(calls, 1) << "a destroyed watch was told";
  EXPECT_NE(one == nullptr, two == nullptr);
}

TEST_F(EventLoopTest, TellsAWatchMadeInAHandlerNothingOfItsPredecessor) {
  // Same handle, and with some luck the same address: what was pending was for the one before.
  SocketPair first = readablePair();
  SocketPair second = readablePair();
  std::vector<std::unique_ptr<Watch>> watches(2);
  SocketPair silent = makeSocketPair();
  int calls = 0;
  const auto replace = [&](std::size_t other) {
    ++calls;
    watches[other].reset();
    watches[other] = std::make_unique<Watch>(
        loop_, silent.ours.handle(), true, false,
        [](Readiness) { ADD_FAILURE() << "told of another watch's handle"; });
    watches[1 - other].reset();
    loop_.post([&] { loop_.stop(); });
  };
  watches[0] = std::make_unique<Watch>(loop_, first.ours.handle(), true, false,
                                       [&](Readiness) { replace(1); });
  watches[1] = std::make_unique<Watch>(loop_, second.ours.handle(), true, false,
                                       [&](Readiness) { replace(0); });
  run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, ServesManyHandlesAtOnce) {
  constexpr int kHandles = 400;  // more than one batch of the poller
  std::vector<SocketPair> pairs;
  std::vector<std::unique_ptr<Watch>> watches(kHandles);
  int calls = 0;
  for (int i = 0; i < kHandles; ++i) {
    pairs.push_back(readablePair());
    const auto at = static_cast<std::size_t>(i);
    watches[at] =
        std::make_unique<Watch>(loop_, pairs[at].ours.handle(), true, false, [&, at](Readiness) {
          watches[at].reset();
          if (++calls == kHandles) loop_.stop();
        });
  }
  run();
  EXPECT_EQ(calls, kHandles);
}

TEST_F(EventLoopTest, RunsTimersInTheOrderOfTheirTimes) {
  std::vector<Timer> timers;
  const auto note = [this](const char* what) { return [this, what] { events_.push_back(what); }; };
  timers.push_back(loop_.after(30ms, [this] { loop_.stop(); }));
  timers.push_back(loop_.after(20ms, note("third")));
  timers.push_back(loop_.after(1ms, note("first")));
  timers.push_back(loop_.after(10ms, note("second")));
  run();
  EXPECT_THAT(events_, ElementsAre("first", "second", "third"));
}

TEST_F(EventLoopTest, RunsTimersOfTheSameTimeInTheOrderInWhichTheyWereSet) {
  std::vector<Timer> timers;
  for (const char* name : {"a", "b", "c", "d"}) {
    timers.push_back(loop_.after(0ms, [this, name] { events_.push_back(name); }));
  }
  timers.push_back(loop_.after(0ms, [this] { loop_.stop(); }));
  run();
  EXPECT_THAT(events_, ElementsAre("a", "b", "c", "d"));
}

TEST_F(EventLoopTest, DoesNotRunATimerBeforeItsTime) {
  const auto start = EventLoop::Clock::now();
  const Timer timer = loop_.after(20ms, [&] {
    EXPECT_GE(EventLoop::Clock::now() - start, 20ms);
    loop_.stop();
  });
  run();
}

TEST_F(EventLoopTest, ForgetsTimersThatAreCancelledOrDestroyed) {
  Timer cancelled = loop_.after(1ms, [] { ADD_FAILURE() << "it was cancelled"; });
  {
    const Timer gone = loop_.after(1ms, [] { ADD_FAILURE() << "it was destroyed"; });
  }
  Timer replaced = loop_.after(1ms, [] { ADD_FAILURE() << "it was replaced"; });
  cancelled.cancel();
  EXPECT_FALSE(cancelled);
  replaced = loop_.after(10ms, [this] { loop_.stop(); });
  EXPECT_TRUE(replaced);
  run();
}

TEST_F(EventLoopTest, MovesATimerWithItsTask) {
  Timer first = loop_.after(1ms, [this] { loop_.stop(); });
  Timer second(std::move(first));
  Timer third;
  third = std::move(second);
  EXPECT_TRUE(third);
  run();
}

TEST_F(EventLoopTest, LetsATaskCancelItsOwnTimer) {
  Timer timer;
  const auto token = std::make_shared<std::string>("captured");
  timer = loop_.after(1ms, [this, &timer, token] {
    timer.cancel();
    events_.push_back(*token);
    loop_.stop();
  });
  run();
  EXPECT_FALSE(timer);
  EXPECT_THAT(events_, ElementsAre("captured"));
}

TEST_F(EventLoopTest, LetsATaskSetItsOwnTimerAgain) {
  Timer timer;
  int calls = 0;
  std::function<void()> task = [&] {
    if (++calls == 3) return loop_.stop();
    timer = loop_.after(1ms, task);
  };
  timer = loop_.after(1ms, task);
  run();
  EXPECT_EQ(calls, 3);
}

TEST_F(EventLoopTest, LetsATaskCancelATimerThatIsDueToo) {
  Timer second;
  const Timer first = loop_.after(0ms, [&] {
    second.cancel();
    loop_.post([this] { loop_.stop(); });
  });
  second = loop_.after(0ms, [] { ADD_FAILURE() << "cancelled in the same round"; });
  run();
}

TEST_F(EventLoopTest, RunsWhatOtherThreadsPost) {
  constexpr int kThreads = 4;
  constexpr int kTasks = 500;
  std::vector<int> next(kThreads, 0);
  int done = 0;
  const auto loop_thread = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kTasks; ++i) {
        loop_.post([&, thread, i] {
          EXPECT_EQ(std::this_thread::get_id(), loop_thread);
          EXPECT_EQ(next[static_cast<std::size_t>(thread)]++, i) << "out of order";
          if (++done == kThreads * kTasks) loop_.stop();
        });
      }
    });
  }
  run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, kThreads * kTasks);
}

TEST_F(EventLoopTest, WakesForATaskWhileItWaits) {
  std::thread poster;
  const Timer start = loop_.after(
      0ms, [&] { poster = std::thread([this] { loop_.post([this] { loop_.stop(); }); }); });
  run();
  poster.join();
}

TEST_F(EventLoopTest, RunsTasksThatATaskPosts) {
  loop_.post([this] {
    events_.push_back("outer");
    loop_.post([this] {
      events_.push_back("inner");
      loop_.stop();
    });
  });
  run();
  EXPECT_THAT(events_, ElementsAre("outer", "inner"));
}

TEST_F(EventLoopTest, StopsBeforeItBeganIfToldSo) {
  loop_.stop();
  run();
}

TEST_F(EventLoopTest, DefersUntilTheHandlersOfTheRoundAreDone) {
  SocketPair first = readablePair();
  SocketPair second = readablePair();
  std::unique_ptr<Watch> one;
  std::unique_ptr<Watch> two;
  const auto handler = [&](std::unique_ptr<Watch>& own) {
    return [&](Readiness) {
      own.reset();
      events_.push_back("handler");
      loop_.defer([&] {
        events_.push_back("deferred");
        if (events_.size() == 4) loop_.stop();
      });
    };
  };
  one = std::make_unique<Watch>(loop_, first.ours.handle(), true, false, handler(one));
  two = std::make_unique<Watch>(loop_, second.ours.handle(), true, false, handler(two));
  run();
  EXPECT_THAT(events_, ElementsAre("handler", "handler", "deferred", "deferred"));
}

TEST_F(EventLoopTest, RunsInTheSameRoundWhatADeferredTaskDefers) {
  loop_.post([this] {
    loop_.defer([this] {
      events_.push_back("first");
      loop_.defer([this] { events_.push_back("second"); });
    });
    loop_.stop();
  });
  run();
  EXPECT_THAT(events_, ElementsAre("first", "second"));
}

TEST_F(EventLoopTest, GoesOnWhenAHandlerThrows) {
  const CapturedLog log;
  SocketPair pair = readablePair();
  std::unique_ptr<Watch> watch;
  Timer timer;
  watch = std::make_unique<Watch>(loop_, pair.ours.handle(), true, false, [&](Readiness) {
    watch.reset();
    events_.push_back("handler");
    timer = loop_.after(0ms, [&] {
      events_.push_back("timer");
      loop_.post([&] {
        events_.push_back("posted");
        loop_.defer([&] {
          events_.push_back("deferred");
          loop_.post([this] { loop_.stop(); });
          throw std::runtime_error("of a deferred task");
        });
        throw std::runtime_error("of a task");
      });
      throw std::runtime_error("of a timer");
    });
    throw std::runtime_error("of a \x1bhandler");
  });
  run();
  EXPECT_THAT(events_, ElementsAre("handler", "timer", "posted", "deferred"));
  EXPECT_THAT(log.all(), ElementsAre("something went wrong, the host goes on: of a \\x1bhandler"));
}

TEST_F(EventLoopTest, RunsTheOtherTasksOfARoundInWhichOneThrows) {
  loop_.post([] { throw std::runtime_error("first"); });
  loop_.post([this] { events_.push_back("second"); });
  loop_.post([this] { loop_.stop(); });
  run();
  EXPECT_THAT(events_, ElementsAre("second"));
}

TEST_F(EventLoopTest, GivesUpWhenNothingButErrorsComes) {
  SocketPair pair = readablePair();
  unsigned calls = 0;
  const Watch watch(loop_, pair.ours.handle(), true, false, [&](Readiness) {
    ++calls;
    throw std::runtime_error("again");
  });
  EXPECT_THROW(run(), std::runtime_error);
  EXPECT_GT(calls, EventLoop::kMaxErrors);
}

TEST_F(EventLoopTest, HasRoomInFrontOfItsReadBuffer) {
  const std::span<std::byte> buffer = loop_.readBuffer();
  ASSERT_GE(buffer.size(), Request::kMaxChunkBytes + Request::kHeadroomBytes);
  std::fill(buffer.data() - Request::kHeadroomBytes, buffer.data() + buffer.size(), std::byte{1});
}

}  // namespace
}  // namespace holdfast
