#include "host/worker/worker_pool.h"

#include <algorithm>

#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstBackOff = 100ms;
constexpr std::chrono::milliseconds kLongestBackOff = 10s;
/// A worker that dies sooner, without having had a request, counts as one that did not start.
constexpr auto kShortLife = 1s;
/// How long a worker that was told to end may take over its exit handlers.
constexpr auto kExitGrace = 5s;

}  // namespace

/// A request in the queue.
class WorkerPool::Waiting : public Responder {
 public:
  Waiting(WorkerPool& pool, std::shared_ptr<Request> request)
      : pool_(pool), request_(std::move(request)) {
    request_->setResponder(this);
  }

  std::shared_ptr<Request> release() {
    request_->setResponder(nullptr);
    return std::move(request_);
  }

  void onBody() override {}
  void onAnswerTaken() override {}
  void onClientGone() override {
    std::erase_if(pool_.queue_, [this](const auto& waiting) { return waiting.get() == this; });
  }

 private:
  WorkerPool& pool_;
  std::shared_ptr<Request> request_;
};

WorkerPool::WorkerPool(EventLoop& loop, WorkerPlan plan, Limits limits, FailureSink on_failure)
    : loop_(loop),
      plan_(std::move(plan)),
      limits_(limits),
      on_failure_(std::move(on_failure)),
      back_off_(kFirstBackOff) {}

WorkerPool::~WorkerPool() = default;

void WorkerPool::start() { topUp(); }

void WorkerPool::submit(std::shared_ptr<Request> request) {
  if (stopping_) return on_failure_(*request, shuttingDown(), false);
  if (queue_.empty()) {
    if (WorkerSlot* slot = pickSlot()) return slot->serve(std::move(request));
  }
  // While a start is under way its outcome is what the client should see.
  if (start_failure_ && !anyReady() && !anyStarting()) {
    return on_failure_(*request, *start_failure_, false);
  }
  if (queue_.size() >= limits_.queue) return on_failure_(*request, queueFull(limits_.queue), false);
  queue_.push_back(std::make_unique<Waiting>(*this, std::move(request)));
}

WorkerSlot* WorkerPool::pickSlot() {
  WorkerProcess* best = nullptr;
  std::size_t least = 0;
  for (const auto& worker : workers_) {
    if (worker->state() != WorkerProcess::State::kReady) continue;
    const std::size_t busy = worker->busySlots();
    if (worker->hasFreeSlot() && (best == nullptr || busy < least)) {
      best = worker.get();
      least = busy;
    }
  }
  return best == nullptr ? nullptr : best->takeSlot();
}

void WorkerPool::serveWaiting() {
  while (!queue_.empty()) {
    WorkerSlot* slot = pickSlot();
    if (slot == nullptr) return;
    auto request = queue_.front()->release();
    queue_.pop_front();
    slot->serve(std::move(request));
  }
}

void WorkerPool::failWaiting(const Failure& failure) {
  while (!queue_.empty()) {
    const auto request = queue_.front()->release();
    queue_.pop_front();
    on_failure_(*request, failure, false);
  }
}

void WorkerPool::onSlotFree(WorkerSlot&) {
  back_off_ = kFirstBackOff;  // whatever was wrong with the start, it works
  serveWaiting();
  if (stopping_) stopIfIdle();
}

// --- as many workers as there shall be ---

void WorkerPool::topUp() {
  if (stopping_ || retry_) return;
  // The first one shows whether the app starts at all: one page of errors instead of four.
  const bool proven = anyReady() && !start_failure_;
  while (wanted() > 0 && !retry_ && (proven || !anyStarting())) launch();
}

void WorkerPool::launch() {
  try {
    workers_.push_back(std::make_unique<WorkerProcess>(loop_, plan_, on_failure_, *this));
  } catch (const std::exception& error) {
    StartFailure failure;
    failure.python = plan_.python;
    failure.handler = plan_.handler;
    failure.end.started = false;
    failure.end.failed_step = error.what();
    start_failure_ = couldNotStart(failure);
    log::error("no worker could be started: " + std::string(error.what()));
    retryLater();
    if (!anyReady()) failWaiting(*start_failure_);
  }
}

void WorkerPool::onWorkerReady(WorkerProcess&) {
  start_failure_.reset();
  serveWaiting();
  topUp();
}

void WorkerPool::onWorkerFailed(WorkerProcess& worker, const StartFailure& start) {
  retire(worker);
  if (stopping_) return stopIfIdle();
  Failure failure = couldNotStart(start);
  const bool known = start_failure_ && start_failure_->detail() == failure.detail();
  log::error(failure.title + ": " + log::printable(failure.exact) +
             (known ? " Nothing has changed." : "") + " Next try in " +
             std::to_string(back_off_.count()) + " ms." +
             (known ? "" : log::indented(failure.detail())));
  start_failure_ = std::move(failure);
  retryLater();
  if (!anyReady()) failWaiting(*start_failure_);
}

void WorkerPool::onWorkerEnded(WorkerProcess& worker) {
  const bool short_life =
      worker.served() == 0 && EventLoop::Clock::now() - worker.readySince() < kShortLife;
  const Failure death = worker.death();
  retire(worker);
  if (stopping_) return stopIfIdle();
  if (!short_life) {
    back_off_ = kFirstBackOff;
    return topUp();
  }
  start_failure_ = shortLived(death);
  log::error(start_failure_->title + ": next try in " + std::to_string(back_off_.count()) + " ms");
  retryLater();
  if (!anyReady()) failWaiting(*start_failure_);
}

void WorkerPool::retryLater() {
  retry_ = loop_.after(back_off_, [this] {
    retry_.cancel();
    topUp();
  });
  back_off_ = std::min(back_off_ * 2, kLongestBackOff);
}

void WorkerPool::retire(WorkerProcess& worker) {
  const auto found = std::find_if(workers_.begin(), workers_.end(),
                                  [&](const auto& owned) { return owned.get() == &worker; });
  retired_.push_back(std::move(*found));
  workers_.erase(found);
  onWorkerSpent();
}

void WorkerPool::onWorkerSpent() {
  // Not now: it may be in the middle of one of its own functions.
  loop_.defer(
      [this] { std::erase_if(retired_, [](const auto& ended) { return ended->isSpent(); }); });
}

bool WorkerPool::anyIn(WorkerProcess::State state) const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [&](const auto& worker) { return worker->state() == state; });
}

std::size_t WorkerPool::wanted() const {
  const auto failing = std::count_if(workers_.begin(), workers_.end(), [](const auto& worker) {
    return worker->state() == WorkerProcess::State::kFailing;
  });
  const std::size_t good = workers_.size() - static_cast<std::size_t>(failing);
  return limits_.workers - std::min<std::size_t>(good, limits_.workers);
}

// --- the end ---

void WorkerPool::stop(std::chrono::milliseconds limit, std::function<void()> on_stopped) {
  on_stopped_ = std::move(on_stopped);
  stopping_ = true;
  retry_.cancel();
  stop_limit_ = loop_.after(limit, [this] {
    log::warning("requests were still running when the time to stop was over");
    stopNow();
  });
  stopIfIdle();
}

void WorkerPool::stopNow() {
  failWaiting(shuttingDown());
  for (const auto& worker : workers_) worker->stop(kExitGrace);
  stopIfIdle();
}

bool WorkerPool::isIdle() const {
  return queue_.empty() && std::none_of(workers_.begin(), workers_.end(),
                                        [](const auto& worker) { return worker->isRunningAny(); });
}

void WorkerPool::stopIfIdle() {
  if (workers_.empty()) {
    stop_limit_.cancel();
    failWaiting(shuttingDown());
    if (const auto done = std::exchange(on_stopped_, nullptr)) done();
  } else if (isIdle()) {
    for (const auto& worker : workers_) worker->stop(kExitGrace);
  }
}

}  // namespace holdfast
