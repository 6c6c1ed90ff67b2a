#include "host/worker/debug_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/support/captured_log.h"
#include "tests/support/fake_request.h"
#include "tests/support/loop_thread.h"
#include "tests/support/test_peer.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char kPython[] = "/usr/bin/python3";

/// Stands for the engine: listens, and waits for whoever connects.
constexpr char kEngine[] = R"(
import socket
__version__ = '9.8'
def configure(**settings): pass
def listen(address):
    global listener
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen()
    return listener.getsockname()
def wait_for_client():
    listener.accept()
)";

constexpr char kApp[] = R"(
import os, time
def app(environ, start_response):
    if environ['PATH_INFO'] == '/hang':
        time.sleep(600)
    while environ['PATH_INFO'] == '/wait' and not os.path.exists('go'):
        time.sleep(0.01)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'%d' % os.getpid()]
)";

/// A lane with a real Python, and what its listener hears.
class DebugLaneTest : public testing::Test, public DebugLane::Listener {
 protected:
  DebugLaneTest() {
    std::string name = (fs::temp_directory_path() / "lane-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    folder_ = name;
    write("app.py", kApp);
    plan_.worker.python = kPython;
    plan_.worker.root = name;
    plan_.worker.handler = "app.app";
    plan_.worker.environment = {"PATH=/usr/bin:/bin"};
    plan_.worker.threads = 2;
    plan_.worker.engine = EnginePlan();
  }
  ~DebugLaneTest() override {
    if (lane_) {
      bool stopped = false;
      loop_.call([&] { lane_->stop(0ms, [&] { stopped = true; }); });
      EXPECT_TRUE(loop_.waitUntil([&] { return stopped; }));
      loop_.call([&] { lane_.reset(); });
    }
    fs::remove_all(folder_);
  }

  void SetUp() override {
    if (!fs::exists(kPython)) GTEST_SKIP() << "there is no " << kPython;
  }

  void start() {
    loop_.call([this] {
      lane_ = std::make_unique<DebugLane>(
          loop_.loop, plan_,
          [](Request& request, const Failure& failure, bool begun) {
            if (begun) return;
            AnswerHead head;
            head.status = failure.status;
            request.start(head);
            request.finish();
          },
          *this);
      lane_->start();
    });
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  void waitForEvents(std::size_t count) {
    ASSERT_TRUE(loop_.waitUntil([&] { return events_.size() >= count; }));
  }
  std::shared_ptr<FakeRequest> ask(const std::string& path) {
    const auto request = std::make_shared<FakeRequest>();
    request->params.add("REQUEST_METHOD", "GET");
    request->params.add("SCRIPT_NAME", "");
    request->params.add("PATH_INFO", path);
    request->params.add("QUERY_STRING", "");
    request->body.finish();
    request->trail.received = std::chrono::steady_clock::now();
    loop_.call([&] { lane_->submit(request); });
    return request;
  }
  int statusOf(const std::shared_ptr<FakeRequest>& request) {
    EXPECT_TRUE(loop_.waitUntil([&] { return request->end == FakeRequest::End::kFinished; }));
    return request->head.status;
  }
  std::string get(const std::string& path) {
    const auto request = ask(path);
    EXPECT_EQ(statusOf(request), 200);
    return request->answer;
  }
  Engine engine() {
    return loop_.call([this] { return lane_->engine().value_or(Engine()); });
  }

  void onEngine(const Engine& engine) override {
    events_.push_back("engine " + std::to_string(engine.port));
    ports_.push_back(engine.port);
  }
  void onEngineGone(std::uint16_t port, bool) override {
    events_.push_back("gone " + std::to_string(port));
  }
  void onLaneFailed(const Failure& failure) override { events_.push_back(failure.exact); }
  void onReleased() override { events_.push_back("released"); }

  void attach() {
    loop_.call([&] { lane_->setAttached(true); });
  }
  void setHeld(bool held) {
    loop_.call([&] { lane_->setHeld(held); });
  }
  bool isHeld() {
    return loop_.call([&] { return lane_->isHeld(); });
  }
  std::size_t workers(std::optional<WorkerReport::State> state = {}) {
    const auto all = lane_->report().workers;
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& worker) {
      return !state || worker.state == *state;
    }));
  }
  bool begins(const std::shared_ptr<FakeRequest>& request) {
    return loop_.waitUntil([&] { return request->trail.assigned.time_since_epoch().count() != 0; });
  }

  CapturedLog log_;
  fs::path folder_;
  PoolPlan plan_;
  std::vector<std::string> events_;  ///< of the listener, on the loop's thread
  std::vector<std::uint16_t> ports_;
  LoopThread loop_;
  std::unique_ptr<DebugLane> lane_;
};

TEST_F(DebugLaneTest, TellsItsEngineAndServes) {
  write("debugpy.py", kEngine);
  start();
  const std::string pid = get("/");  // waits in the queue until then
  const Engine found = engine();
  EXPECT_EQ(found.name, "debugpy");
  EXPECT_EQ(found.version, "9.8");
  EXPECT_EQ(found.host, "127.0.0.1");
  EXPECT_EQ(std::to_string(found.pid), pid);
  EXPECT_THAT(events_, ElementsAre("engine " + std::to_string(found.port)));
  EXPECT_TRUE(log_.has("imports the app once more"));
}

TEST_F(DebugLaneTest, TellsAMissingEngineAndTriesAgain) {
  start();
  waitForEvents(1);
  EXPECT_THAT(events_[0], HasSubstr("debugpy is not installed in"));
  EXPECT_THAT(events_[0], HasSubstr(std::string(kPython) + " -m pip install debugpy"));
  EXPECT_TRUE(loop_.call([&] { return lane_->failure() != nullptr && !lane_->engine(); }));
  EXPECT_EQ(statusOf(ask("/")), 500);
  write("debugpy.py", kEngine);
  loop_.call([&] { lane_->hurry(); });
  get("/");
  EXPECT_TRUE(loop_.call([&] { return lane_->failure() == nullptr; }));
}

TEST_F(DebugLaneTest, TheOldEngineStaysUntilTheNewWorkerIsReady) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  write("app.py", "raise ValueError\n");
  loop_.call([&] { lane_->reload(plan_); });
  waitForEvents(2);  // the engine, the failure
  EXPECT_EQ(get("/"), before);
  write("app.py", kApp);
  loop_.call([&] { lane_->reload(plan_); });
  waitForEvents(4);
  EXPECT_EQ(events_[2], "gone " + std::to_string(ports_[0]));
  EXPECT_EQ(events_[3], "engine " + std::to_string(ports_[1]));
  EXPECT_NE(get("/"), before);
}

TEST_F(DebugLaneTest, AnEngineThatWaitsTakesThePlaceAtOnce) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  plan_.worker.engine->wait = true;
  loop_.call([&] { lane_->reload(plan_); });
  waitForEvents(3);
  EXPECT_EQ(events_[1], "gone " + std::to_string(ports_[0]));
  EXPECT_EQ(events_[2], "engine " + std::to_string(ports_[1]));
  const auto request = ask("/");
  EXPECT_EQ(request->end, FakeRequest::End::kNone);
  const TestPeer client = TestPeer::connectTo(ports_[1]);
  EXPECT_EQ(statusOf(request), 200);
  EXPECT_NE(request->answer, before);
}

TEST_F(DebugLaneTest, AReloadReplacesAWorkerThatStillWaits) {
  write("debugpy.py", kEngine);
  plan_.worker.engine->wait = true;
  start();
  waitForEvents(1);
  loop_.call([&] { lane_->reload(plan_); });
  waitForEvents(3);
  EXPECT_EQ(events_[1], "gone " + std::to_string(ports_[0]));
  EXPECT_EQ(engine().port, ports_[1]);
}

TEST_F(DebugLaneTest, AFixedPortIsPassedOn) {
  write("debugpy.py", kEngine);
  start();
  get("/");
  const std::uint16_t port = ports_[0];
  plan_.worker.engine->address = "localhost:" + std::to_string(port);
  loop_.call([&] { lane_->reload(plan_); });
  get("/");
  waitForEvents(3);
  for (std::size_t i = 3; i < 7; i += 2) {
    loop_.call([&] { lane_->reload(plan_); });
    waitForEvents(i + 2);
    EXPECT_EQ(engine().port, port);
    get("/");
  }
}

TEST_F(DebugLaneTest, ARequestThatIsLateEndsTheWorkerOnlyWithoutADebugger) {
  write("debugpy.py", kEngine);
  plan_.worker.request_timeout = 700ms;
  start();
  // Its import may take longer than a request.
  const auto serves = [&] { return loop_.waitUntil([&] { return lane_->isServing(); }); };
  ASSERT_TRUE(serves());
  const std::string before = get("/");
  loop_.call([&] { lane_->setAttached(true); });
  EXPECT_EQ(statusOf(ask("/hang")), 504);
  EXPECT_EQ(get("/"), before);
  loop_.call([&] { lane_->setAttached(false); });
  waitForEvents(2);  // what hangs had its time anew
  EXPECT_EQ(events_[1], "gone " + std::to_string(ports_[0]));
  waitForEvents(3);
  ASSERT_TRUE(serves());
  EXPECT_NE(get("/"), before);
}

TEST_F(DebugLaneTest, IsReplacedWhenSomebodySaysSo) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  loop_.call([&] { lane_->replace("the test says so"); });
  EXPECT_EQ(events_.back(), "gone " + std::to_string(ports_[0]));
  EXPECT_NE(get("/"), before);
  EXPECT_TRUE(log_.has("the test says so"));
}

TEST_F(DebugLaneTest, TellsOfAWorkerThatDied) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  ::kill(engine().pid, SIGKILL);
  waitForEvents(3);
  EXPECT_EQ(events_[1], "gone " + std::to_string(ports_[0]));
  EXPECT_NE(get("/"), before);
}

// --- holds ---

TEST_F(DebugLaneTest, NobodysTimeIsOverDuringAHold) {
  write("debugpy.py", kEngine);
  constexpr auto kLimit = 500ms;
  plan_.worker.request_timeout = kLimit;
  plan_.worker.threads = 1;
  start();
  // Its import may take longer than a request.
  ASSERT_TRUE(loop_.waitUntil([&] { return lane_->isServing(); }));
  const std::string lane = get("/");
  attach();
  setHeld(true);
  const auto running = ask("/wait");
  const auto waiting = ask("/");
  ASSERT_TRUE(begins(running));
  const auto long_after = EventLoop::Clock::now() + 3 * kLimit;
  EXPECT_TRUE(loop_.waitUntil([&] { return EventLoop::Clock::now() > long_after; }));
  EXPECT_EQ(running->end, FakeRequest::End::kNone);
  EXPECT_EQ(waiting->end, FakeRequest::End::kNone);
  setHeld(false);
  write("go", "");
  EXPECT_EQ(statusOf(running), 200);
  EXPECT_EQ(statusOf(waiting), 200);
  EXPECT_EQ(waiting->answer, lane);
  EXPECT_GT(waiting->trail.uncounted, 2 * kLimit);
}

TEST_F(DebugLaneTest, WithoutADebuggerNothingIsHeld) {
  write("debugpy.py", kEngine);
  start();
  setHeld(true);
  EXPECT_FALSE(isHeld());
  get("/");
  setHeld(true);
  EXPECT_FALSE(isHeld());
}

TEST_F(DebugLaneTest, AReloadWaitsForTheEndOfAHold) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  attach();
  setHeld(true);
  loop_.call([&] { lane_->reload(plan_); });
  plan_.worker.environment.emplace_back("ONE=1");
  loop_.call([&] { lane_->reload(plan_); });
  setHeld(false);
  setHeld(true);  // a step
  EXPECT_TRUE(isHeld());
  EXPECT_EQ(loop_.call([&] { return workers(); }), 1u);
  EXPECT_TRUE(log_.has("reload: the debug lane waits until its debugger lets the app go"));
  setHeld(false);
  waitForEvents(4);
  EXPECT_EQ(events_[1], "released");
  EXPECT_EQ(events_[2], "gone " + std::to_string(ports_[0]));
  EXPECT_EQ(events_[3], "engine " + std::to_string(ports_[1]));
  EXPECT_NE(get("/"), before);
}

TEST_F(DebugLaneTest, AReloadThatHadBegunLeavesTheHeldWorkerItsPlace) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  attach();
  loop_.call([&] { lane_->reload(plan_); });
  setHeld(true);
  ASSERT_TRUE(loop_.waitUntil([&] { return workers(WorkerReport::State::kReady) == 2; }));
  EXPECT_EQ(get("/"), before);
  loop_.call([&] { lane_->setAttached(false); });
  waitForEvents(4);
  EXPECT_EQ(events_[1], "released");
  EXPECT_EQ(events_[2], "gone " + std::to_string(ports_[0]));
  EXPECT_EQ(events_[3], "engine " + std::to_string(ports_[1]));
  EXPECT_NE(get("/"), before);
}

TEST_F(DebugLaneTest, AnEngineThatWaitsWaitsForTheEndOfAHold) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  attach();
  plan_.worker.engine->wait = true;
  loop_.call([&] { lane_->reload(plan_); });
  setHeld(true);
  ASSERT_TRUE(loop_.waitUntil([&] { return log_.has("the app's import waits for a debugger"); }));
  EXPECT_EQ(get("/"), before);
  setHeld(false);
  waitForEvents(4);
  EXPECT_EQ(engine().port, ports_[1]);
}

TEST_F(DebugLaneTest, AHoldEndsWithItsWorker) {
  write("debugpy.py", kEngine);
  start();
  get("/");
  attach();
  setHeld(true);
  const auto request = ask("/wait");
  ASSERT_TRUE(begins(request));
  ::kill(engine().pid, SIGKILL);
  EXPECT_EQ(statusOf(request), 502);
  waitForEvents(4);
  EXPECT_FALSE(isHeld());
  setHeld(true);
  EXPECT_FALSE(isHeld()) << "nobody is attached to the next one";
}

TEST_F(DebugLaneTest, OneThatIsReplacedIsHeldNoLonger) {
  write("debugpy.py", kEngine);
  start();
  const std::string before = get("/");
  attach();
  setHeld(true);
  const auto request = ask("/wait");
  ASSERT_TRUE(begins(request));
  loop_.call([&] { lane_->replace("the test says so"); });
  EXPECT_TRUE(loop_.waitUntil([&] { return !lane_->isHeld(); }));
  EXPECT_NE(get("/"), before);
  write("go", "");
  EXPECT_EQ(statusOf(request), 200);
  EXPECT_EQ(request->answer, before);
}

TEST_F(DebugLaneTest, GivesAwayThoseThatWaitAndAreWanted) {
  write("debugpy.py", kEngine);
  plan_.worker.threads = 1;
  start();
  get("/");
  const auto running = ask("/wait");
  ASSERT_TRUE(begins(running));
  const auto kept = ask("/kept");
  const auto taken = ask("/taken");
  const auto given = loop_.call([&] {
    return lane_->takeWaiting(
        [](const Request& request) { return request.params.get("PATH_INFO") == "/taken"; });
  });
  EXPECT_THAT(given, ElementsAre(taken));
  EXPECT_FALSE(taken->hasResponder());
  EXPECT_EQ(loop_.call([&] { return lane_->report().waiting; }), 1u);
  EXPECT_THAT(loop_.call([&] { return lane_->takeWaiting(); }), ElementsAre(kept));
  write("go", "");
  EXPECT_EQ(statusOf(running), 200);
}

}  // namespace
}  // namespace holdfast
