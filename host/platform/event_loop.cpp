#include "host/platform/event_loop.h"

#include <exception>
#include <string>

#include "host/log.h"

namespace holdfast {

namespace {
constexpr std::size_t kReadBufferBytes = 256 * 1024;
}

Watch::Watch(EventLoop& loop, NativeHandle handle, bool read, bool write, Handler handler)
    : loop_(loop),
      handle_(handle),
      interest_{read, write},
      handler_(std::make_unique<Handler>(std::move(handler))) {
  loop_.poller_.add(handle_, interest_, this);
}

Watch::~Watch() {
  loop_.poller_.remove(handle_);
  for (Poller::Event& event : loop_.events_) {
    if (event.tag == this) event.tag = nullptr;
  }
  loop_.retired_.push_back(std::move(handler_));
}

void Watch::want(bool read, bool write, bool peer_end) {
  const Poller::Interest interest{read, write, peer_end};
  if (interest == interest_) return;
  loop_.poller_.change(handle_, interest, this);
  interest_ = interest;
}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    loop_ = std::exchange(other.loop_, nullptr);
    key_ = other.key_;
  }
  return *this;
}

void Timer::cancel() {
  if (EventLoop* loop = std::exchange(loop_, nullptr)) loop->timers_.erase(key_);
}

EventLoop::EventLoop() : buffer_(kReadHeadroomBytes + kReadBufferBytes) {}

EventLoop::~EventLoop() = default;

void EventLoop::run() {
  while (!isStopping()) {
    poller_.wait(untilNextTimer(), events_);
    // By index: a handler may cancel what comes later in this very batch.
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Poller::Event event = events_[i];
      if (event.tag == nullptr) continue;
      guarded([&] { (*static_cast<Watch*>(event.tag)->handler_)(event.ready); });
    }
    events_.clear();
    retired_.clear();
    runDueTimers();
    runPosted();
    runDeferred();
  }
}

template <typename Work>
void EventLoop::guarded(const Work& work) {
  try {
    work();
  } catch (const std::exception& error) {
    onError(error.what());
    if (errors_ > kMaxErrors) throw;
  }
}

void EventLoop::onError(const char* what) {
  const auto now = Clock::now();
  ++errors_;
  if (errors_since_ != Clock::time_point() && now - errors_since_ < std::chrono::seconds(1)) return;
  const std::string more =
      errors_ > 1 ? " (" + std::to_string(errors_ - 1) + " more before)" : std::string();
  log::error("something went wrong, the host goes on: " + log::printable(what) + more);
  errors_since_ = now;
  errors_ = 0;
}

void EventLoop::stop() {
  {
    const std::lock_guard lock(posted_mutex_);
    stopping_ = true;
  }
  poller_.wake();
}

bool EventLoop::isStopping() {
  const std::lock_guard lock(posted_mutex_);
  return stopping_;
}

void EventLoop::post(Task task) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(task));
  }
  poller_.wake();
}

Timer EventLoop::after(std::chrono::milliseconds delay, Task task) {
  Timer timer;
  timer.loop_ = this;
  timer.key_ = {Clock::now() + delay, next_timer_++};
  timers_.emplace(timer.key_, std::move(task));
  return timer;
}

std::span<std::byte> EventLoop::readBuffer() {
  return std::span(buffer_).subspan(kReadHeadroomBytes);
}

void EventLoop::runDueTimers() {
  if (timers_.empty()) return;
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    // Out of the map first: the task may well destroy its own timer.
    auto node = timers_.extract(timers_.begin());
    guarded(node.mapped());
  }
}

void EventLoop::runPosted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (const Task& task : tasks) guarded(task);
}

void EventLoop::runDeferred() {
  while (!deferred_.empty()) {
    std::vector<Task> tasks;
    tasks.swap(deferred_);
    for (const Task& task : tasks) guarded(task);
  }
}

std::chrono::milliseconds EventLoop::untilNextTimer() const {
  if (timers_.empty()) return std::chrono::milliseconds(-1);
  const auto left = timers_.begin()->first.first - Clock::now();
  if (left <= Clock::duration::zero()) return std::chrono::milliseconds(0);
  return std::chrono::ceil<std::chrono::milliseconds>(left);
}

}  // namespace holdfast
