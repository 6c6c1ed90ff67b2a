#include "host/platform/inotify_posix.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace holdfast {

Inotify::Inotify(EventLoop& loop,
                 std::function<void(const inotify_event&, const std::string&)> on_event,
                 std::function<void()> on_batch, std::chrono::milliseconds rest)
    : loop_(loop), on_event_(std::move(on_event)), on_batch_(std::move(on_batch)), rest_(rest) {
  const int handle = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (handle < 0) throw std::system_error(errno, std::generic_category(), "inotify_init1");
  queue_ = Socket(handle);
  watch_ = std::make_unique<Watch>(loop, handle, true, false, [this](Readiness) { onReadable(); });
}

int Inotify::add(const std::string& folder, std::uint32_t mask) {
  return ::inotify_add_watch(queue_.handle(), folder.c_str(), mask | IN_ONLYDIR);
}

void Inotify::remove(int watch) { ::inotify_rm_watch(queue_.handle(), watch); }

void Inotify::onReadable() {
  // One read a turn: others on the loop have their turn while thousands of files are written.
  const std::span<std::byte> buffer = loop_.readBuffer().first(64 * 1024);
  const IoResult result = queue_.read(buffer);
  if (!result.ok()) return;
  for (std::size_t at = 0; at + sizeof(inotify_event) <= result.bytes;) {
    inotify_event event{};
    std::memcpy(&event, buffer.data() + at, sizeof(event));
    at += sizeof(event);
    const char* const name = reinterpret_cast<const char*>(buffer.data() + at);
    on_event_(event, std::string(name, ::strnlen(name, event.len)));
    at += event.len;
  }
  if (rest_ > rest_.zero()) {
    watch_->want(false, false);
    timer_ = loop_.after(rest_, [this] { watch_->want(true, false); });
  }
  const auto on_batch = on_batch_;
  on_batch();
}

}  // namespace holdfast
