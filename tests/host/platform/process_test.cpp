#include "host/platform/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/config/temp_directory.h"
#include "tests/support/bytes.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"
#include "tests/support/test_peer.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What is in a pipe or socket now. \param[out] ended  nobody has its other end any more
std::string readAll(Socket& socket, bool& ended) {
  std::string text;
  ended = false;
  char buffer[4096];
  for (;;) {
    const IoResult result = socket.read(std::as_writable_bytes(std::span(buffer)));
    ended = result.status == IoResult::Status::kClosed;
    if (!result.ok()) return text;
    text.append(buffer, result.bytes);
  }
}

/// A child that detaches a grandchild (double fork, own session), says so, and waits.
constexpr char kDetaches[] =
    "(setsid sh -c 'echo detached; sleep 1000; true' &)\n"
    "sleep 1000 &\n"
    "echo guard $PPID\n"
    "wait";

/// Runs on the test's own thread: processes belong to the thread that starts them.
class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    SocketPair output = makeReadPipe();
    output_ = std::move(output.ours);
    launch_.standard_output = std::move(output.theirs);
    SocketPair errors = makeReadPipe();
    errors_ = std::move(errors.ours);
    launch_.standard_error = std::move(errors.theirs);
    // Whoever of the tree lives holds the other end of this one.
    SocketPair alive = makeReadPipe();
    alive_ = std::move(alive.ours);
    launch_.inherited.push_back(std::move(alive.theirs));
    launch_.directory = "/";
  }

  void start(const std::string& script) {
    launch_.executable = "/bin/sh";
    launch_.arguments = {"sh", "-c", script};
    launch_.environment.push_back("PATH=/usr/bin:/bin");
    start();
  }

  void start() {
    process_ = std::make_unique<Process>(loop_, std::move(launch_), [this](const ProcessEnd& end) {
      ++ends_;
      end_ = end;
      loop_.stop();
    });
  }

  /// Calls `task` once the child has written all of `words`.
  void whenSaid(std::vector<std::string> words, std::function<void()> task) {
    said_ = std::make_unique<Watch>(
        loop_, output_.handle(), true, false, [this, words, task = std::move(task)](Readiness) {
          bool ended = false;
          text_ += readAll(output_, ended);
          const bool all = std::all_of(words.begin(), words.end(), [this](const std::string& word) {
            return text_.find(word) != std::string::npos;
          });
          if (!all && !ended) return;
          EXPECT_TRUE(all) << "the child ended, it said: " << text_;
          said_.reset();
          task();
        });
  }

  /// Until the loop is stopped, which the end of the process does.
  void run() {
    const Timer deadline = loop_.after(kTestDeadline, [this] {
      ADD_FAILURE() << "the process does not end; it said: " << text_;
      loop_.stop();
    });
    loop_.run();
  }

  void runToEnd() {
    run();
    ASSERT_EQ(ends_, 1);
  }

  std::string output() {
    bool ended = false;
    text_ += readAll(output_, ended);
    return text_;
  }

  pid_t guardPid() const { return std::stoi(text_.substr(text_.find("guard ") + 6)); }

  /// Within moments of the end that was told.
  bool isTreeGone() {
    pollfd poll{alive_.handle(), POLLIN, 0};
    ::poll(&poll, 1, static_cast<int>(kTestDeadline.count()) * 1000);
    return isTreeGoneNow();
  }

  bool isTreeGoneNow() {
    bool gone = false;
    readAll(alive_, gone);
    return gone;
  }

  static bool hasChildren() { return ::waitpid(-1, nullptr, WNOHANG) != -1; }

  DescriptorCheck descriptors_;
  TempDirectory directory_;
  EventLoop loop_;
  Launch launch_;
  Socket output_;
  Socket errors_;
  Socket alive_;
  std::unique_ptr<Watch> said_;
  std::string text_;
  std::unique_ptr<Process> process_;
  int ends_ = 0;
  ProcessEnd end_;
};

TEST_F(ProcessTest, TellsTheExitCode) {
  start("exit 7");
  runToEnd();
  EXPECT_TRUE(end_.started);
  EXPECT_EQ(end_.exit_code, 7);
  EXPECT_EQ(end_.signal, 0);
  EXPECT_EQ(end_.describe(), "exit code 7");
  EXPECT_FALSE(hasChildren()) << "the guard was not reaped";
}

TEST_F(ProcessTest, TellsTheSignalThatEndedIt) {
  start("kill -SEGV $$");
  runToEnd();
  EXPECT_TRUE(end_.started);
  EXPECT_EQ(end_.signal, SIGSEGV);
  EXPECT_EQ(end_.describe(), "killed by signal 11 (SIGSEGV)");
}

TEST_F(ProcessTest, TellsWhyThereIsNothingToExecute) {
  launch_.executable = "/nonexistent/python";
  launch_.arguments = {"python"};
  start();
  runToEnd();
  EXPECT_FALSE(end_.started);
  EXPECT_EQ(end_.failed_step, "exec");
  EXPECT_EQ(end_.error, std::errc::no_such_file_or_directory);
  EXPECT_EQ(end_.describe(), "could not be started: exec: No such file or directory");
  EXPECT_FALSE(hasChildren());
}

TEST_F(ProcessTest, TellsThatItMayNotExecute) {
  launch_.executable = directory_.write("not-executable", "#!/bin/sh\n").string();
  launch_.arguments = {"x"};
  start();
  runToEnd();
  EXPECT_FALSE(end_.started);
  EXPECT_EQ(end_.failed_step, "exec");
  EXPECT_EQ(end_.error, std::errc::permission_denied);
}

TEST_F(ProcessTest, TellsWhyItCannotWorkInTheDirectory) {
  launch_.directory = "/nonexistent/directory";
  start("exit 0");
  runToEnd();
  EXPECT_FALSE(end_.started);
  EXPECT_EQ(end_.failed_step, "change directory");
  EXPECT_EQ(end_.error, std::errc::no_such_file_or_directory);
}

TEST_F(ProcessTest, StartsInTheDirectory) {
  launch_.directory = directory_.path().string();
  start("pwd -P");
  runToEnd();
  EXPECT_EQ(output(), directory_.path().string() + "\n");
}

TEST_F(ProcessTest, PassesArgumentsAndTheWholeEnvironment) {
  ::setenv("HOLDFAST_TEST_LEAK", "1", 1);
  launch_.executable = "/usr/bin/env";
  launch_.arguments = {"env"};
  launch_.environment = {"ONE=1", "EMPTY=", "SPACES=a b  c"};
  start();
  runToEnd();
  ::unsetenv("HOLDFAST_TEST_LEAK");
  EXPECT_EQ(output(), "ONE=1\nEMPTY=\nSPACES=a b  c\n");
}

TEST_F(ProcessTest, PassesArgumentsAsTheyAre) {
  launch_.executable = "/bin/sh";
  launch_.arguments = {"sh", "-c", "printf '%s|' \"$0\" \"$@\"", "zero", "a b", "", "*"};
  start();
  runToEnd();
  EXPECT_EQ(output(), "zero|a b||*|");
}

TEST_F(ProcessTest, GivesItStandardStreams) {
  start("readlink /proc/$$/fd/0; echo out; echo err >&2");
  runToEnd();
  EXPECT_EQ(output(), "/dev/null\nout\n");
  bool ended = false;
  EXPECT_EQ(readAll(errors_, ended), "err\n");
  EXPECT_TRUE(ended);
}

TEST_F(ProcessTest, InheritsExactlyWhatIsListed) {
  // Libraries open descriptors that are inherited; also ones with high numbers.
  const int low = ::open("/dev/null", O_RDONLY);
  const int high = ::fcntl(low, F_DUPFD, 200);
  launch_.inherited.push_back(std::move(makeReadPipe().theirs));
  start("ls /proc/$$/fd; true");
  runToEnd();
  ::close(low);
  ::close(high);
  std::istringstream words(output());
  const std::vector<std::string> seen{std::istream_iterator<std::string>(words), {}};
  EXPECT_THAT(seen, ElementsAre("0", "1", "2", "3", "4"));
}

TEST_F(ProcessTest, NumbersInheritedHandlesInTheOrderOfTheList) {
  std::vector<Socket> ours;
  for (int i = 0; i < 6; ++i) {
    SocketPair pair = makeReadPipe();
    ours.push_back(std::move(pair.ours));
    launch_.inherited.push_back(std::move(pair.theirs));
  }
  // 3 is the test's own pipe.
  start("for i in 4 5 6 7 8 9; do eval \"echo $i >&$i\"; done");
  runToEnd();
  for (std::size_t i = 0; i < ours.size(); ++i) {
    bool ended = false;
    EXPECT_EQ(readAll(ours[i], ended), std::to_string(4 + i) + "\n");
    EXPECT_TRUE(ended);
  }
}

TEST_F(ProcessTest, BeginsWithSignalsAsTheyAreByDefault) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t mask;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigaddset(&blocked, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &mask);
  // The shell itself reads: it blocks signals while it starts other programs.
  start(
      "while read line; do case $line in SigBlk*|SigIgn*) echo \"$line\";; esac; "
      "done </proc/$$/status; kill -PIPE $$; sleep 1000");
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  ::signal(SIGPIPE, before);
  runToEnd();
  EXPECT_EQ(end_.signal, SIGPIPE);
  EXPECT_EQ(output(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(ProcessTest, TellsThePidOfTheChild) {
  start("echo $$");
  EXPECT_EQ(process_->pid(), 0);
  runToEnd();
  EXPECT_EQ(output(), std::to_string(process_->pid()) + "\n");
}

TEST_F(ProcessTest, KillsTheWholeTree) {
  start(kDetaches);
  whenSaid({"detached", "guard"}, [this] { process_->killTree(); });
  runToEnd();
  EXPECT_EQ(end_.signal, SIGKILL);
  EXPECT_TRUE(isTreeGone()) << "something of the tree outlives the child";
}

TEST_F(ProcessTest, LeavesNothingBehindWhenTheChildEndsByItself) {
  SocketPair pair = makeSocketPair();
  launch_.inherited.push_back(std::move(pair.theirs));
  start(
      "(setsid sh -c 'echo detached; sleep 1000; true' &)\n"
      "sleep 1000 &\n"
      "read go <&4\n"
      "exit 3");
  whenSaid({"detached"}, [&] { EXPECT_TRUE(pair.ours.write(asBytes("go\n")).ok()); });
  runToEnd();
  EXPECT_EQ(end_.exit_code, 3);
  EXPECT_TRUE(isTreeGone());
}

TEST_F(ProcessTest, KillsTheTreeWhenItIsDestroyed) {
  start(kDetaches);
  whenSaid({"detached", "guard"}, [this] {
    process_.reset();
    EXPECT_TRUE(isTreeGone());
    loop_.stop();
  });
  run();
  EXPECT_EQ(ends_, 0) << "nobody is there to be told";
}

TEST_F(ProcessTest, SurvivesTheGuardsDeath) {
  becomeReaper();
  start(kDetaches);
  whenSaid({"detached", "guard"}, [this] { ::kill(guardPid(), SIGKILL); });
  runToEnd();
  EXPECT_EQ(end_.signal, SIGKILL);
  EXPECT_TRUE(isTreeGone());
  EXPECT_FALSE(hasChildren()) << "an orphan was not reaped";
}

TEST_F(ProcessTest, IsNotEndedByATerminationOfTheGuard) {
  // A service manager sends SIGTERM to every process of the service; the host decides what ends.
  SocketPair pair = makeSocketPair();
  launch_.inherited.push_back(std::move(pair.theirs));
  start("echo guard $PPID; read go <&4; exit 5");
  whenSaid({"guard"}, [&] {
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::kill(guardPid(), signal);
    EXPECT_TRUE(pair.ours.write(asBytes("go\n")).ok());
  });
  runToEnd();
  EXPECT_EQ(end_.exit_code, 5);
  EXPECT_EQ(end_.signal, 0);
}

TEST_F(ProcessTest, LetsTheHandlerDestroyTheProcess) {
  const auto token = std::make_shared<int>(1);
  launch_.executable = "/bin/sh";
  launch_.arguments = {"sh", "-c", "exit 4"};
  process_ =
      std::make_unique<Process>(loop_, std::move(launch_), [&, token](const ProcessEnd& end) {
        process_.reset();
        EXPECT_EQ(end.exit_code, 4);
        EXPECT_EQ(*token, 1);
        ++ends_;
        loop_.stop();
      });
  runToEnd();
  EXPECT_FALSE(hasChildren());
}

TEST_F(ProcessTest, EndsOnceHoweverOftenItIsKilled) {
  start("echo guard $PPID; sleep 1000");
  whenSaid({"guard"}, [this] {
    process_->killTree();
    process_->killTree();
  });
  runToEnd();
  process_->killTree();
  process_.reset();
  EXPECT_EQ(ends_, 1);
}

TEST_F(ProcessTest, KeepsManyApart) {
  constexpr int kMany = 12;
  std::vector<std::unique_ptr<Process>> processes(kMany);
  std::vector<int> codes(kMany, -1);
  int ended = 0;
  for (int i = 0; i < kMany; ++i) {
    const auto at = static_cast<std::size_t>(i);
    Launch launch;
    launch.executable = "/bin/sh";
    launch.arguments = {"sh", "-c", "exit " + std::to_string(i)};
    launch.directory = "/";
    launch.standard_output = std::move(makeReadPipe().theirs);
    launch.standard_error = std::move(makeReadPipe().theirs);
    processes[at] =
        std::make_unique<Process>(loop_, std::move(launch), [&, at](const ProcessEnd& end) {
          codes[at] = end.exit_code;
          if (++ended == kMany) loop_.stop();
        });
  }
  run();
  for (int i = 0; i < kMany; ++i) EXPECT_EQ(codes[static_cast<std::size_t>(i)], i);
}

/// A host of its own, so that it can be killed: starts the child and turns its loop.
pid_t forkHost(Launch launch) {
  const pid_t host = ::fork();
  if (host != 0) return host;
  EventLoop loop;
  const Process process(loop, std::move(launch), [](const ProcessEnd&) { ::_exit(0); });
  loop.run();
  ::_exit(0);
}

TEST_F(ProcessTest, DoesNotOutliveItsHost) {
  launch_.executable = "/bin/sh";
  launch_.arguments = {"sh", "-c", kDetaches};
  launch_.environment = {"PATH=/usr/bin:/bin"};
  const pid_t host = forkHost(std::move(launch_));
  launch_ = {};
  whenSaid({"detached", "guard"}, [&] { ::kill(host, SIGKILL); });
  Watch gone(loop_, alive_.handle(), true, false, [this](Readiness) {
    if (isTreeGoneNow()) loop_.stop();
  });
  run();
  int status = 0;
  EXPECT_EQ(::waitpid(host, &status, 0), host);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(ProcessEnd, DescribesSignalsByName) {
  ProcessEnd end;
  end.signal = SIGKILL;
  EXPECT_EQ(end.describe(), "killed by signal 9 (SIGKILL)");
  end.signal = SIGRTMIN + 9;
  EXPECT_EQ(end.describe(), "killed by signal " + std::to_string(SIGRTMIN + 9) + " (SIGRTMIN+9)");
  end.signal = 0;
  EXPECT_EQ(end.describe(), "exit code 0");
}

}  // namespace
}  // namespace holdfast
