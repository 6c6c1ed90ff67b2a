#include "host/line_writer.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "host/platform/signals.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxQueuedBytes = 4 * 1024 * 1024;
constexpr auto kLastMoment = 1s;

}  // namespace

struct LineWriter::Shared {
  LineSink sink;      ///< for the thread alone
  NoticeLine notice;  ///< for the thread alone
  std::mutex mutex;   ///< guards all below
  std::condition_variable changed;
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  std::size_t dropped = 0;
  bool writing = false;
  bool ending = false;
};

LineWriter::LineWriter(LineSink sink, NoticeLine notice) : shared_(std::make_shared<Shared>()) {
  shared_->sink = std::move(sink);
  shared_->notice = std::move(notice);
  const SignalsBlocked for_the_new_thread;
  std::thread([shared = shared_] { run(shared); }).detach();
}

LineWriter::~LineWriter() {
  std::unique_lock lock(shared_->mutex);
  shared_->ending = true;
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, kLastMoment,
                            [this] { return shared_->lines.empty() && !shared_->writing; });
}

void LineWriter::write(std::string line) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->bytes + line.size() > kMaxQueuedBytes) {
    ++shared_->dropped;
    return;
  }
  shared_->bytes += line.size();
  shared_->lines.push_back(std::move(line));
  shared_->changed.notify_all();
}

void LineWriter::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->changed.wait(lock, [&] { return !shared->lines.empty() || shared->ending; });
    if (shared->lines.empty()) return;
    std::string line = std::move(shared->lines.front());
    shared->lines.pop_front();
    const std::size_t dropped = std::exchange(shared->dropped, 0);
    shared->writing = true;
    lock.unlock();
    bool written = true;
    if (dropped > 0) {
      written = shared->sink(shared->notice(
          LogLevel::kWarning, "... " + std::to_string(dropped) + " lines of this log were lost"));
    }
    const std::size_t lost = (written ? 0 : dropped) + (shared->sink(line) ? 0 : 1);
    lock.lock();
    shared->writing = false;
    shared->dropped += lost;
    shared->bytes -= line.size();
    shared->changed.notify_all();
  }
}

}  // namespace holdfast
