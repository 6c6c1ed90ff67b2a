#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>

#include "proxy/session/wake_poll.h"

namespace holdfast::proxy {

WakePoll::WakePoll() : handle_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (handle_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakePoll::~WakePoll() { ::close(handle_); }

bool WakePoll::wait(std::span<Watched> watched, std::chrono::milliseconds timeout) {
  assert(watched.size() <= kMaxWatched);
  std::array<pollfd, kMaxWatched + 1> entries{};
  entries[0] = {handle_, POLLIN, 0};
  for (std::size_t i = 0; i < watched.size(); ++i) {
    const Watched& one = watched[i];
    const int handle = one.socket == nullptr ? -1 : one.socket->impl()->sockfd();
    const int events = (one.read ? POLLIN : 0) | (one.write ? POLLOUT : 0);
    entries[i + 1] = {handle, static_cast<short>(events), 0};
  }
  // Sooner than in 24 days, which is all that an int can say, does no harm.
  const int limit =
      timeout.count() < 0 ? -1 : static_cast<int>(std::min<std::int64_t>(timeout.count(), INT_MAX));
  const int ready = ::poll(entries.data(), watched.size() + 1, limit);
  if (ready < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  for (std::size_t i = 0; i < watched.size(); ++i) {
    const int events = ready > 0 ? entries[i + 1].revents : 0;
    watched[i].readable = (events & POLLIN) != 0;
    watched[i].writable = (events & POLLOUT) != 0;
    watched[i].broken = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  }
  if (ready <= 0 || entries[0].revents == 0) return false;
  std::uint64_t ignored;
  [[maybe_unused]] const ssize_t drained = ::read(handle_, &ignored, sizeof ignored);
  return true;
}

void WakePoll::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(handle_, &one, sizeof one);
}

}  // namespace holdfast::proxy
