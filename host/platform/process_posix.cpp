#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "host/platform/process.h"

namespace holdfast {

namespace {

/// Guard to host, over a pipe.
struct Notice {
  enum Kind : int { kStarted, kFailed, kEnded };
  int kind;
  int value;  ///< pid, errno or wait status
  int step;   ///< index into kSteps, with kFailed
};

enum Step : int { kFork, kDescriptors, kDirectory, kExec };
constexpr std::array<const char*, 4> kSteps = {"fork", "descriptors", "change directory", "exec"};

/// Tells a guard to end its tree, also in the place of a host that has died. Not SIGTERM: that may
/// be sent to the whole group of processes (systemd does), and then the host decides what ends
/// when.
constexpr int kEndTree = SIGUSR1;

/// Tells a guard to send stackDumpSignal() to its child: the guard alone knows for certain that the
/// child's number is not another process's by now.
constexpr int kAskForStacks = SIGUSR2;

/// What the guard needs, prepared before fork(): afterwards only calls that are
/// safe in the child of a threaded process are made.
struct GuardPlan {
  const char* executable;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  std::vector<int> descriptors;  ///< become 0, 1, 2, 3, ... of the child
  int notices;
  std::vector<int> kept;  ///< these and `notices`, in the order of their numbers
  pid_t host;
};

std::set<pid_t>& guards() {
  static std::set<pid_t> pids;
  return pids;
}

/// Milliseconds, at most, that the host waits for a guard that was told to end.
constexpr int kGuardWaits = 200;
/// ... and at its own end for all that have taken longer.
constexpr int kLastWaits = 5000;

/// Of guards(): those that were told to end, and had not yet.
std::set<pid_t>& lateGuards() {
  static std::set<pid_t> pids;
  return pids;
}

/// Children from before becomeReaper(): a shell that became us by exec had started them.
std::set<pid_t>& foreign() {
  static std::set<pid_t> pids;
  return pids;
}

void send(int pipe, Notice notice) {
  [[maybe_unused]] const ssize_t written = ::write(pipe, &notice, sizeof notice);
}

void closeRange(unsigned first, unsigned last) {
  if (first > last || ::syscall(SYS_close_range, first, last, 0U) == 0) return;
  const auto end = std::min<long>(::sysconf(_SC_OPEN_MAX), static_cast<long>(last) + 1);
  for (int fd = static_cast<int>(first); fd < end; ++fd) ::close(fd);
}

/// Closes every descriptor but `keep`. \return its new number
int keepOnly(int keep) {
  ::dup2(keep, 0);
  closeRange(1, ~0U);
  return 0;
}

/// The child needs twice its own number, which a host that has run out of descriptors lacks.
/// \param kept  in the order of their numbers
void closeAllBut(const std::vector<int>& kept) {
  unsigned next = 0;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > next) closeRange(next, number - 1);
    next = number + 1;
  }
  closeRange(next, ~0U);
}

/// Whatever library opened it: the child inherits what stands in the plan and nothing else.
void closeOnExecFrom(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  const long limit = ::sysconf(_SC_OPEN_MAX);
  for (int fd = static_cast<int>(first); fd < limit; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void failChild(int notices, Step step) {
  send(notices, {Notice::kFailed, errno, step});
  ::_exit(127);
}

[[noreturn]] void runChild(GuardPlan& plan, pid_t guard) {
  // The guard alone is told of the host's death; should the guard be killed, the child goes with
  // it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) ::_exit(127);
  ::setpgid(0, 0);

  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);

  // First out of the way of the numbers that they shall get, then into place.
  closeAllBut(plan.kept);
  const int count = static_cast<int>(plan.descriptors.size());
  const int notices = ::fcntl(plan.notices, F_DUPFD_CLOEXEC, count);
  if (notices < 0) failChild(plan.notices, kDescriptors);
  for (int& descriptor : plan.descriptors) {
    descriptor = ::fcntl(descriptor, F_DUPFD_CLOEXEC, count);
    if (descriptor < 0) failChild(notices, kDescriptors);
  }
  for (int i = 0; i < count; ++i) {
    const int from = plan.descriptors[static_cast<std::size_t>(i)];
    if (::dup2(from, i) < 0) failChild(notices, kDescriptors);
    // Workers talk by blocking reads and writes.
    ::fcntl(i, F_SETFL, ::fcntl(i, F_GETFL) & ~O_NONBLOCK);
  }
  closeOnExecFrom(static_cast<unsigned>(count));
  if (::chdir(plan.directory) < 0) failChild(notices, kDirectory);
  ::execve(plan.executable, plan.arguments, plan.environment);
  failChild(notices, kExec);
}

/// Kills everything that has this process as its parent, again and again: the
/// children of what dies become ours, until nobody is left that may be killed.
void killDescendants() {
  for (;;) {
    const int list = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    if (list < 0) return;
    char text[4096];
    const ssize_t size = ::read(list, text, sizeof text);
    ::close(list);
    bool killed = false;
    pid_t pid = 0;
    for (ssize_t i = 0; i < size; ++i) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (text[i] - '0');
      } else if (pid != 0) {
        // Not permitted: a program with the rights of another user, such as sudo.
        killed = ::kill(pid, SIGKILL) == 0 || killed;
        pid = 0;
      }
    }
    if (!killed) return;
    ::waitpid(-1, nullptr, 0);
  }
}

[[noreturn]] void runGuard(GuardPlan& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "worker-guard");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int signal : {kEndTree, kAskForStacks, SIGCHLD}) ::sigaddset(&watched, signal);
  ::sigprocmask(SIG_SETMASK, &watched, nullptr);
  for (const int signal : {kEndTree, kAskForStacks, SIGCHLD}) ::signal(signal, SIG_DFL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, kEndTree);
  if (::getppid() != plan.host) ::_exit(0);

  const pid_t guard = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    send(plan.notices, {Notice::kFailed, errno, kFork});
    ::_exit(0);
  }
  if (child == 0) runChild(plan, guard);
  ::prctl(PR_SET_DUMPABLE, 0);  // what it has open is not for others of this user
  const int notices = keepOnly(plan.notices);
  send(notices, {Notice::kStarted, child, 0});

  int status = 0;
  for (pid_t dead = 0; dead != child;) {
    int received = 0;
    ::sigwait(&watched, &received);
    if (received == kEndTree) ::kill(child, SIGKILL);
    if (received == kAskForStacks) ::kill(child, stackDumpSignal());
    // Orphans of the tree are reaped on the way.
    do {
      dead = ::waitpid(-1, &status, WNOHANG);
    } while (dead > 0 && dead != child);
  }
  // First of all: nothing that is left of the tree may keep the host waiting.
  send(notices, {Notice::kEnded, status, 0});
  killDescendants();
  ::_exit(0);
}

/// \return whether it has ended
bool reap(pid_t guard) {
  if (::waitpid(guard, nullptr, WNOHANG) == 0) return false;
  guards().erase(guard);
  lateGuards().erase(guard);
  return true;
}

/// Children of this thread, which is the one that starts guards.
std::vector<pid_t> children() {
  std::ifstream list("/proc/thread-self/children");
  return {std::istream_iterator<pid_t>(list), std::istream_iterator<pid_t>()};
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// By /proc/PID/stat (proc(5)): the state, and the flag that the kernel sets before it closes the
/// descriptors of a process.
bool isExiting(pid_t pid) {
  constexpr unsigned kExitingFlag = 0x4;  // PF_EXITING of linux/sched.h
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return true;
  std::istringstream fields(text.substr(text.rfind(')') + 1));  // the name may hold anything
  char state = 0;
  int skipped = 0;
  unsigned flags = 0;
  fields >> state >> skipped >> skipped >> skipped >> skipped >> skipped >> flags;
  return state == 'Z' || state == 'X' || (flags & kExitingFlag) != 0;
}

/// By /proc/PID/status (proc(5)). A process that does not catch a signal may be ended by it.
bool catches(pid_t pid, int signal) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("SigCgt:")) continue;
    const unsigned long long caught = std::strtoull(line.c_str() + 7, nullptr, 16);
    return ((caught >> (signal - 1)) & 1U) != 0;
  }
  return false;
}

/// An app with our rights may write to a guard's pipe, whatever it likes.
std::string stepName(int step) {
  const auto index = static_cast<std::size_t>(step);
  return index < kSteps.size() ? kSteps[index] : "step " + std::to_string(step);
}

std::string signalName(int signal) {
  if (signal >= SIGRTMIN && signal <= SIGRTMAX) {
    return signal == SIGRTMIN ? "SIGRTMIN" : "SIGRTMIN+" + std::to_string(signal - SIGRTMIN);
  }
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "?" : std::string("SIG") + name;
}

}  // namespace

std::string ProcessEnd::describe() const {
  if (!started) {
    return "could not be started: " + failed_step + (error ? ": " + error.message() : "");
  }
  if (signal != 0) {
    return "killed by signal " + std::to_string(signal) + " (" + signalName(signal) + ")";
  }
  return "exit code " + std::to_string(exit_code);
}

struct Process::Impl {
  std::function<void(const ProcessEnd&)> on_end;
  pid_t guard = 0;
  pid_t child = 0;
  ProcessEnd end;
  Socket notices;
  std::unique_ptr<Watch> watch;

  ~Impl() {
    watch.reset();
    endGuard();
  }

  /// The guard ends its tree and itself within moments.
  void endGuard() {
    if (guard == 0) return;
    ::kill(guard, kEndTree);
    lateGuards().insert(guard);
    for (int i = 0; i < kGuardWaits && !reap(guard); ++i) ::usleep(1000);
    // One that takes longer is found by whoever ends next.
    for (auto left = guards().begin(); left != guards().end();) reap(*left++);
    guard = 0;
  }

  void start(EventLoop& loop, Launch launch) {
    SocketPair pipe = makeReadPipe();
    Socket null_device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    std::vector<char*> arguments = pointers(launch.arguments);
    std::vector<char*> environment = pointers(launch.environment);
    GuardPlan plan{launch.executable.c_str(),
                   arguments.data(),
                   environment.data(),
                   launch.directory.c_str(),
                   {},
                   pipe.theirs.handle(),
                   {},
                   ::getpid()};
    plan.descriptors = {null_device.handle(), launch.standard_output.handle(),
                        launch.standard_error.handle()};
    for (const Socket& socket : launch.inherited) plan.descriptors.push_back(socket.handle());
    plan.kept = plan.descriptors;
    plan.kept.push_back(plan.notices);
    std::sort(plan.kept.begin(), plan.kept.end());

    // The guard must not run our handlers for a signal meant for both.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) runGuard(plan);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) throw std::system_error(error, std::generic_category(), "fork");
    guard = pid;
    guards().insert(pid);
    notices = std::move(pipe.ours);
    watch = std::make_unique<Watch>(loop, notices.handle(), true, false,
                                    [this](Readiness) { onNotice(); });
  }

  void onNotice() {
    Notice notice{};
    const IoResult result = notices.read(std::as_writable_bytes(std::span(&notice, 1)));
    if (result.wouldBlock()) return;
    if (!result.ok() || result.bytes != sizeof notice) {
      // The guard itself was killed, and the child with it; what is left of the tree is ours now.
      if (end.started) end.signal = SIGKILL;
      return finish();
    }
    switch (notice.kind) {
      case Notice::kStarted:
        if (child == 0) child = notice.value;
        break;
      case Notice::kFailed:
        end.started = false;
        end.error = std::error_code(notice.value, std::generic_category());
        end.failed_step = stepName(notice.step);
        break;
      default:
        if (WIFSIGNALED(notice.value)) end.signal = WTERMSIG(notice.value);
        if (WIFEXITED(notice.value)) end.exit_code = WEXITSTATUS(notice.value);
        finish();
    }
  }

  void finish() {
    watch.reset();
    endGuard();
    killOrphans();
    const auto callback = std::move(on_end);
    const ProcessEnd how = end;
    callback(how);
  }
};

Process::Process(EventLoop& loop, Launch launch, std::function<void(const ProcessEnd&)> on_end)
    : impl_(std::make_unique<Impl>()) {
  impl_->on_end = std::move(on_end);
  impl_->start(loop, std::move(launch));
}

Process::~Process() = default;

int Process::pid() const { return impl_->child; }

bool Process::isEnding() const { return impl_->child != 0 && isExiting(impl_->child); }

void Process::killTree() {
  if (impl_->guard != 0) ::kill(impl_->guard, kEndTree);
}

void Process::askForStacks() {
  if (impl_->guard != 0 && impl_->child != 0 && catches(impl_->child, stackDumpSignal())) {
    ::kill(impl_->guard, kAskForStacks);
  }
}

std::uint64_t Process::memoryBytes() const {
  if (impl_->child == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(impl_->child) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(file >> size >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

int stackDumpSignal() { return SIGRTMIN + 9; }

void becomeReaper() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const pid_t pid : children()) foreign().insert(pid);
}

void awaitLateGuards() {
  for (int i = 0; i < kLastWaits && !lateGuards().empty(); ++i) {
    for (auto late = lateGuards().begin(); late != lateGuards().end();) reap(*late++);
    if (!lateGuards().empty()) ::usleep(1000);
  }
}

void killOrphans() {
  std::erase_if(foreign(), [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) == pid; });
  for (bool found = true; found;) {
    found = false;
    for (const pid_t pid : children()) {
      if (guards().contains(pid) || foreign().contains(pid)) continue;
      if (::kill(pid, SIGKILL) < 0) {
        foreign().insert(pid);  // it runs as another user: not ours to end
      } else {
        found = ::waitpid(pid, nullptr, 0) == pid || found;
      }
    }
  }
}

}  // namespace holdfast
