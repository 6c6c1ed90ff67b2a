#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "config/secret.h"
#include "proxy/bridge/terminal.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxAnswer = 1024;
constexpr char kCtrlC = 0x03;
constexpr char kCtrlD = 0x04;
constexpr char kCtrlU = 0x15;

/// The controlling terminal, without echo while it lives. Keys that send signals are read like any
/// other: a process that ends by one would leave the echo off.
class HiddenInput {
 public:
  HiddenInput() : handle_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (handle_ < 0) return;
    good_ = ::tcgetattr(handle_, &before_) == 0;
    if (!good_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    hidden.c_cc[VMIN] = 1;
    hidden.c_cc[VTIME] = 0;
    good_ = ::tcsetattr(handle_, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenInput() {
    if (good_) ::tcsetattr(handle_, TCSAFLUSH, &before_);
    if (handle_ >= 0) ::close(handle_);
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

  bool isGood() const { return good_; }
  void write(std::string_view text) {
    [[maybe_unused]] const ssize_t count = ::write(handle_, text.data(), text.size());
  }
  bool read(char& c) { return ::read(handle_, &c, 1) == 1; }

 private:
  int handle_;
  termios before_{};
  bool good_ = false;
};

}  // namespace

bool isLiveTerminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t terminalColumns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::optional<std::string> askHidden(const std::string& question) {
  HiddenInput terminal;
  if (!terminal.isGood()) return std::nullopt;
  terminal.write(question);
  std::string answer;
  char c = 0;
  bool done = false;
  while (!done && terminal.read(c) && c != kCtrlC && c != kCtrlD) {
    if (c == '\r' || c == '\n') {
      done = true;
    } else if (c == '\b' || c == '\x7F') {
      if (!answer.empty()) answer.pop_back();
    } else if (c == kCtrlU) {
      wipe(answer);
    } else if (answer.size() < kMaxAnswer) {
      answer += c;
    }
  }
  terminal.write("\n");
  if (done) return answer;
  wipe(answer);
  return std::nullopt;
}

}  // namespace holdfast::proxy
