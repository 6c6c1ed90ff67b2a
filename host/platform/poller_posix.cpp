#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "host/platform/poller.h"

namespace holdfast {

namespace {

constexpr int kBatch = 128;

epoll_event eventFor(Poller::Interest interest, void* tag) {
  epoll_event event{};
  event.events = (interest.read ? EPOLLIN : 0U) | (interest.write ? EPOLLOUT : 0U) |
                 (interest.peer_end ? EPOLLRDHUP : 0U);
  event.data.ptr = tag;
  return event;
}

[[noreturn]] void throwErrno(const char* operation) {
  throw std::system_error(errno, std::generic_category(), operation);
}

}  // namespace

struct Poller::Impl {
  int epoll = -1;
  int wake = -1;
  std::array<epoll_event, kBatch> batch;

  void control(int operation, NativeHandle handle, epoll_event event) {
    if (::epoll_ctl(epoll, operation, handle, &event) < 0) throwErrno("epoll_ctl");
  }
};

Poller::Poller() : impl_(std::make_unique<Impl>()) {
  impl_->epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (impl_->epoll < 0) throwErrno("epoll_create1");
  impl_->wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (impl_->wake < 0) throwErrno("eventfd");
  impl_->control(EPOLL_CTL_ADD, impl_->wake, eventFor({true, false}, nullptr));
}

Poller::~Poller() {
  ::close(impl_->wake);
  ::close(impl_->epoll);
}

void Poller::add(NativeHandle handle, Interest interest, void* tag) {
  impl_->control(EPOLL_CTL_ADD, handle, eventFor(interest, tag));
}

void Poller::change(NativeHandle handle, Interest interest, void* tag) {
  impl_->control(EPOLL_CTL_MOD, handle, eventFor(interest, tag));
}

void Poller::remove(NativeHandle handle) noexcept {
  ::epoll_ctl(impl_->epoll, EPOLL_CTL_DEL, handle, nullptr);
}

void Poller::wait(std::chrono::milliseconds timeout, std::vector<Event>& events) {
  events.clear();
  // Sooner than in 24 days, which is all that an int can say, does no harm.
  const int limit =
      timeout.count() < 0 ? -1 : static_cast<int>(std::min<std::int64_t>(timeout.count(), INT_MAX));
  const int count = ::epoll_wait(impl_->epoll, impl_->batch.data(), kBatch, limit);
  if (count < 0 && errno != EINTR) throwErrno("epoll_wait");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = impl_->batch[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) {
      std::uint64_t ignored;
      [[maybe_unused]] const ssize_t drained = ::read(impl_->wake, &ignored, sizeof ignored);
      continue;
    }
    events.push_back({event.data.ptr,
                      {(event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0,
                       (event.events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) != 0}});
  }
}

void Poller::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(impl_->wake, &one, sizeof one);
}

}  // namespace holdfast
