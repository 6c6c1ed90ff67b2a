#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/platform/standard_error.h"

namespace holdfast {

namespace {

/// \param milliseconds  -1: without end
bool waitForRoom(int milliseconds) noexcept {
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  return ::poll(&room, 1, milliseconds) > 0;
}

}  // namespace

bool writeStandardError(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      waitForRoom(-1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool writeStandardErrorWithin(std::string_view text, std::chrono::milliseconds patience) noexcept {
  while (!text.empty()) {
    if (!waitForRoom(static_cast<int>(patience.count()))) return false;
    // A pipe that has room has it for so much: the write does not block.
    const std::size_t piece = std::min<std::size_t>(text.size(), PIPE_BUF);
    const ssize_t count = ::write(STDERR_FILENO, text.data(), piece);
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

}  // namespace holdfast
