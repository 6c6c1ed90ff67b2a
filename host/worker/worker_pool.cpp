#include "host/worker/worker_pool.h"

#include <algorithm>

#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstBackOff = 100ms;
constexpr std::chrono::milliseconds kLongestBackOff = 10s;
/// While older workers serve on.
constexpr std::chrono::milliseconds kPatientBackOff = 60s;
/// Of the debug lane: hardly anybody waits for it, and its engine may be missing for good.
constexpr std::chrono::milliseconds kFirstLaneBackOff = 2s;
constexpr std::chrono::milliseconds kLongestLaneBackOff = 30s;
/// A worker that dies sooner, without having had a request, counts as one that did not start.
constexpr auto kShortLife = 1s;
/// Draining workers for each that shall be there, as long as what they are at has no end.
constexpr std::size_t kDrainingForEach = 4;
/// How often time is looked at, at most and at least.
constexpr std::chrono::milliseconds kShortestTick = 10ms;
constexpr std::chrono::milliseconds kLongestTick = 1s;
/// Parts of the shortest limit that a tick may be late.
constexpr int kTicksPerLimit = 16;

std::string inSeconds(std::chrono::milliseconds time) {
  return std::to_string(time.count() / 1000) + " s";
}

}  // namespace

/// A request in the queue.
class WorkerPool::Waiting : public Responder {
 public:
  Waiting(WorkerPool& pool, std::shared_ptr<Request> request)
      : pool_(pool),
        request_(std::move(request)),
        limit_(pool.worker_plan_->request_timeout),
        deadline_(pool.now_) {
    request_->setResponder(this);
    deadline_.startedAt(request_->trail.received + request_->trail.uncounted, limit_);
    if (pool_.held_) setHeld(true);
  }

  std::shared_ptr<Request> release() {
    RequestTrail& trail = request_->trail;
    if (was_held_) trail.uncounted = pool_.now_() + deadline_.left() - limit_ - trail.received;
    request_->setResponder(nullptr);
    return std::move(request_);
  }
  void setHeld(bool held) {
    was_held_ = true;
    held ? deadline_.pause() : deadline_.resume(kLeastAfterHold);
  }
  const Request& request() const { return *request_; }
  bool isOverdue() const { return deadline_.isOver(); }
  RequestTrail::Clock::time_point received() const { return request_->trail.received; }

  void onBody() override {}
  void onAnswerTaken() override {}
  void onClientGone() override {
    std::erase_if(pool_.queue_, [this](const auto& waiting) { return waiting.get() == this; });
  }

 private:
  WorkerPool& pool_;
  std::shared_ptr<Request> request_;
  const std::chrono::milliseconds limit_;
  Deadline deadline_;
  bool was_held_ = false;
};

WorkerPool::WorkerPool(EventLoop& loop, PoolPlan plan, FailureSink on_failure)
    : loop_(loop),
      plan_(std::move(plan)),
      worker_plan_(std::make_shared<const WorkerPlan>(plan_.worker)),
      on_failure_(std::move(on_failure)),
      back_off_(firstBackOff()) {}

WorkerPool::~WorkerPool() = default;

void WorkerPool::start() { topUp(); }

void WorkerPool::submit(std::shared_ptr<Request> request) {
  if (stopping_) return on_failure_(*request, shuttingDown(), false);
  watchTime();
  if (queue_.empty()) {
    if (WorkerProcess* worker = pickWorker()) return worker->serve(std::move(request));
  }
  // While a start is under way its outcome is what the client should see.
  if (isHopeless()) return on_failure_(*request, *start_failure_, false);
  if (queue_.size() >= plan_.queue) return on_failure_(*request, queueFull(plan_.queue), false);
  queue_.push_back(std::make_unique<Waiting>(*this, std::move(request)));
}

WorkerProcess* WorkerPool::pickWorker() const {
  WorkerProcess* best = nullptr;
  std::size_t least = 0;
  for (const auto& worker : workers_) {
    if (worker->generation() != serving_ || !worker->hasFreeSlot()) continue;
    const std::size_t busy = worker->busySlots();
    if (best == nullptr || busy < least) {
      best = worker.get();
      least = busy;
    }
  }
  return best;
}

void WorkerPool::serveWaiting() {
  while (!queue_.empty()) {
    WorkerProcess* worker = pickWorker();
    if (worker == nullptr) return;
    auto request = queue_.front()->release();
    queue_.pop_front();
    worker->serve(std::move(request));
  }
}

std::vector<std::shared_ptr<Request>> WorkerPool::takeWaiting(const RequestFilter& which) {
  std::vector<std::shared_ptr<Request>> requests;
  std::erase_if(queue_, [&](const auto& waiting) {
    if (which && !which(waiting->request())) return false;
    requests.push_back(waiting->release());
    return true;
  });
  return requests;
}

void WorkerPool::setHeld(bool held) {
  if (std::exchange(held_, held) == held) return;
  for (const auto& waiting : queue_) waiting->setHeld(held);
}

void WorkerPool::setSteady(bool steady) {
  steady_ = steady;
  if (!steady) switchIfReady();
}

void WorkerPool::failWaiting(const Failure& failure) {
  while (!queue_.empty()) {
    const auto request = queue_.front()->release();
    queue_.pop_front();
    on_failure_(*request, failure, false);
  }
}

void WorkerPool::failOverdue() {
  if (held_) return;
  for (;;) {
    // Anew each time: an answer may find its connection broken, which takes others off the queue.
    const auto found = std::find_if(queue_.begin(), queue_.end(),
                                    [](const auto& waiting) { return waiting->isOverdue(); });
    if (found == queue_.end()) return;
    const auto request = (*found)->release();
    queue_.erase(found);
    on_failure_(*request, waitedTooLong(worker_plan_->request_timeout), false);
  }
}

void WorkerPool::onSlotFree(WorkerSlot&) {
  // Whatever was wrong with the start, it works. Not so while only older workers do.
  if (!start_failure_) back_off_ = firstBackOff();
  serveWaiting();
  if (stopping_) return stopIdle();
  if (plan_.recycling.requests != 0) recycleOne();
}

// --- as many workers as there shall be ---

void WorkerPool::topUp() {
  if (stopping_ || retry_) return;
  while (missing() > 0 && !retry_) {
    // The first one shows whether the app starts at all: one page of errors instead of four.
    const bool proven = count(generation_, WorkerProcess::State::kReady) > 0 && !start_failure_;
    if (!proven && anyStarting()) return;
    launch();
  }
}

void WorkerPool::launch() {
  try {
    workers_.push_back(std::make_unique<WorkerProcess>(loop_, worker_plan_, generation_, now_,
                                                       on_failure_, *this));
    watchTime();
  } catch (const std::exception& error) {
    StartFailure failure;
    failure.python = worker_plan_->python;
    failure.handler = worker_plan_->handler;
    failure.end.started = false;
    failure.end.failed_step = error.what();
    const auto* const system = dynamic_cast<const std::system_error*>(&error);
    if (system != nullptr) {
      failure.end.error = system->code();
      failure.end.failed_step =
          failure.end.failed_step.substr(0, failure.end.failed_step.find(':'));
    }
    onStartFailed(couldNotStart(failure));
  }
}

void WorkerPool::onWorkerReady(WorkerProcess& worker) {
  serveWaiting();
  if (stopping_) return stopIdle();
  if (worker.generation() != generation_) return;
  start_failure_.reset();
  if (isSwitching()) {
    switchIfReady();
  } else if (WorkerProcess* old = std::exchange(leaving_, nullptr)) {
    old->drain(why_leaving_);
  }
  serveWaiting();
  topUp();
  recycleOne();
}

void WorkerPool::onWorkerEngine(WorkerProcess& worker, const Engine& engine) {
  if (engine_watcher_ != nullptr && !stopping_) engine_watcher_->onEngineListens(worker, engine);
}

void WorkerPool::onWorkerFailed(WorkerProcess& worker, const StartFailure& start) {
  const bool newest = worker.generation() == generation_;
  retire(worker);
  if (stopping_) return stopIdle();
  if (newest) {
    onStartFailed(couldNotStart(start));
  } else {
    topUp();
  }
}

void WorkerPool::onWorkerEnded(WorkerProcess& worker) {
  const bool short_life = worker.generation() == generation_ && !worker.isMeantToEnd() &&
                          worker.served() == 0 && now_() - worker.readySince() < kShortLife;
  const Failure death = worker.death();
  retire(worker);
  switchIfReady();
  if (stopping_) return stopIdle();
  if (short_life) return onStartFailed(shortLived(death));
  hurryIfNobodyServes();
  topUp();
}

void WorkerPool::onWorkerDraining(WorkerProcess& worker) {
  if (engine_watcher_ != nullptr) engine_watcher_->onEngineLeaves(worker);
  if (leaving_ == &worker) leaving_ = nullptr;
  switchIfReady();
  if (stopping_) return;
  hurryIfNobodyServes();
  topUp();
  limitDraining();
}

/// The next try was put off for as long as others served.
void WorkerPool::hurryIfNobodyServes() {
  if (!retry_ || anyServing()) return;
  retry_.cancel();
  back_off_ = firstBackOff();
}

void WorkerPool::hurry() {
  if (!retry_ || stopping_) return;
  retry_.cancel();
  topUp();
}

std::chrono::milliseconds WorkerPool::firstBackOff() const {
  return isLane() ? kFirstLaneBackOff : kFirstBackOff;
}

std::chrono::milliseconds WorkerPool::longestBackOff() const {
  return anyServing() ? kPatientBackOff : isLane() ? kLongestLaneBackOff : kLongestBackOff;
}

/// What streams without end would keep every worker that there ever was.
void WorkerPool::limitDraining() {
  std::vector<WorkerProcess*> draining;
  for (const auto& worker : workers_) {
    if (worker->state() == WorkerProcess::State::kDraining) draining.push_back(worker.get());
  }
  const std::size_t most = kDrainingForEach * plan_.workers;
  if (draining.size() <= most) return;
  const auto longest = std::min_element(
      draining.begin(), draining.end(),
      [](const auto* a, const auto* b) { return a->drainingSince() < b->drainingSince(); });
  (*longest)->cutDraining();
}

void WorkerPool::onStartFailed(Failure failure) {
  const bool known = start_failure_ && start_failure_->detail() == failure.detail() &&
                     (!isLane() || start_failure_->exact == failure.exact);
  const std::string what =
      (isLane() ? "debug lane: " : "") + failure.title + ": " + log::printable(failure.exact);
  const std::string why = known ? "" : log::indented(failure.detail());
  const LogLevel level = failure.of_engine ? LogLevel::kWarning : LogLevel::kError;
  start_failure_ = std::move(failure);
  start_failure_->detail_logged = true;
  if (on_start_failure_) on_start_failure_(*start_failure_);
  if (next_) {
    log::error(what + " Files have changed meanwhile: starting anew." + why);
    beginReload(*std::exchange(next_, std::nullopt));
  } else {
    if (!known || !isLane()) {
      log::event(level,
                 what + (known ? " Nothing has changed." : "") +
                     (anyServing() ? " The workers that are there serve on." : "") +
                     " Next try in " + std::to_string(back_off_.count()) + " ms." + why,
                 {});
    }
    retryLater();
  }
  if (isHopeless()) failWaiting(*start_failure_);
}

void WorkerPool::retryLater() {
  retry_ = loop_.after(back_off_, [this] {
    retry_.cancel();
    topUp();
  });
  back_off_ = std::min(back_off_ * 2, longestBackOff());
}

void WorkerPool::retire(WorkerProcess& worker) {
  if (engine_watcher_ != nullptr) engine_watcher_->onEngineLeaves(worker);
  if (leaving_ == &worker) leaving_ = nullptr;
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

std::size_t WorkerPool::count(unsigned generation, WorkerProcess::State state) const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [&](const auto& worker) {
        return worker->generation() == generation && worker->state() == state;
      }));
}

bool WorkerPool::anySlowToStart() const {
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
    return worker->generation() == generation_ && worker->isSlowToStart();
  });
}

bool WorkerPool::isHopeless() const { return start_failure_ && !anyServing() && !anyStarting(); }

std::size_t WorkerPool::missing() const {
  std::size_t there = count(generation_, WorkerProcess::State::kReady) +
                      count(generation_, WorkerProcess::State::kStarting);
  if (leaving_ != nullptr) --there;
  return plan_.workers - std::min<std::size_t>(there, plan_.workers);
}

// --- others in their place ---

void WorkerPool::reload(PoolPlan plan) {
  if (stopping_) return;
  if (isSwitching() && anyStarting() && !anySlowToStart()) {
    next_ = std::move(plan);
  } else {
    beginReload(std::move(plan));
  }
}

void WorkerPool::beginReload(PoolPlan plan) {
  if (stopping_) return;
  plan_ = std::move(plan);
  worker_plan_ = std::make_shared<const WorkerPlan>(plan_.worker);
  const bool nobody_serves = !anyServing();
  for (const auto& worker : workers_) {
    // What has not served yet never will: it may have read something old.
    const bool unused = worker->generation() == generation_ && (isSwitching() || nobody_serves);
    if (unused && worker->state() != WorkerProcess::State::kDraining) worker->stop(0ms);
  }
  ++generation_;
  if (nobody_serves) serving_ = generation_;
  leaving_ = nullptr;
  next_.reset();
  retry_.cancel();
  back_off_ = firstBackOff();
  topUp();
}

void WorkerPool::giveWay() {
  if (stopping_ || !isSwitching()) return;
  serving_ = generation_;
  drainOlder();
}

/// All at once, so that nobody meets old and new code by turns; sooner only if nobody else is left.
void WorkerPool::switchIfReady() {
  const std::size_t ready = count(generation_, WorkerProcess::State::kReady);
  if (!isSwitching() || ready == 0) return;
  if ((ready < plan_.workers || steady_) && anyServing()) return;
  serving_ = generation_;
  log::info(isLane() ? "reload: the debug lane has the new code now"
                     : "reload: the new code serves now, in " + std::to_string(ready) +
                           (ready == 1 ? " worker" : " workers"));
  drainOlder();
  serveWaiting();
  if (next_) beginReload(*std::exchange(next_, std::nullopt));
}

/// Each one that is drained may lead back to switchIfReady(), and to starts.
void WorkerPool::drainOlder() {
  std::vector<WorkerProcess*> old;
  for (const auto& worker : workers_) {
    if (worker->generation() != generation_) old.push_back(worker.get());
  }
  for (WorkerProcess* worker : old) worker->drain("newer code has taken its place");
}

void WorkerPool::recycleOne() {
  if (stopping_ || isSwitching() || leaving_ != nullptr || retry_) return;
  for (const auto& worker : workers_) {
    if (worker->state() != WorkerProcess::State::kReady) continue;
    if (!isSpentEnough(*worker, why_leaving_)) continue;
    leaving_ = worker.get();
    return topUp();
  }
}

bool WorkerPool::isSpentEnough(const WorkerProcess& worker, std::string& why) const {
  const Recycling& limit = plan_.recycling;
  if (limit.requests != 0 && worker.served() >= limit.requests) {
    why = "it has had " + std::to_string(worker.served()) + " requests (server.recycle_after)";
    return true;
  }
  const auto age =
      std::chrono::duration_cast<std::chrono::milliseconds>(now_() - worker.readySince());
  if (limit.age > 0ms && age >= limit.age) {
    why = "it is " + inSeconds(age) + " old (server.recycle_age)";
    return true;
  }
  const std::uint64_t memory = limit.memory_bytes == 0 ? 0 : worker.memoryBytes();
  if (memory <= limit.memory_bytes) return false;
  why = "it has " + std::to_string(memory >> 20) + " MiB of memory (server.recycle_memory)";
  return true;
}

// --- time ---

void WorkerPool::watchTime() {
  if (tick_) return;
  const auto interval =
      std::clamp(worker_plan_->request_timeout / kTicksPerLimit, kShortestTick, kLongestTick);
  tick_ = loop_.after(interval, [this] { onTick(); });
}

void WorkerPool::onTick() {
  tick_.cancel();
  bool anything = false;
  // By index: one that is drained is replaced at once.
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->checkDeadlines();
    anything = anything || workers_[i]->busySlots() > 0 ||
               workers_[i]->state() == WorkerProcess::State::kStarting;
  }
  failOverdue();
  if (next_ && anySlowToStart()) beginReload(*std::exchange(next_, std::nullopt));
  const bool watched = plan_.recycling.memory_bytes != 0 || plan_.recycling.age > 0ms;
  if (watched) recycleOne();
  if (anything || watched || !queue_.empty()) watchTime();
}

PoolReport WorkerPool::report() const {
  PoolReport report;
  for (const auto& worker : workers_) report.workers.push_back(worker->report());
  report.waiting = queue_.size();
  report.queue_limit = plan_.queue;
  for (const auto& waiting : queue_) {
    report.longest_wait = std::max(
        report.longest_wait,
        std::chrono::duration_cast<std::chrono::milliseconds>(now_() - waiting->received()));
  }
  report.wanted_workers = plan_.workers;
  report.reloading = isSwitching();
  report.start_failure = start_failure_;
  return report;
}

// --- the end ---

void WorkerPool::stop(std::chrono::milliseconds limit, std::function<void()> on_stopped) {
  on_stopped_ = std::move(on_stopped);
  stopping_ = true;
  retry_.cancel();
  next_.reset();
  stop_limit_ = loop_.after(limit, [this] {
    if (!isIdle()) log::warning("requests were still running when the time to stop was over");
    stopNow();
  });
  stopIdle();
}

void WorkerPool::stopNow() {
  stop_limit_.cancel();
  failWaiting(shuttingDown());
  for (const auto& worker : workers_) worker->kill();
  stopIdle();
}

bool WorkerPool::isIdle() const {
  return queue_.empty() && std::none_of(workers_.begin(), workers_.end(),
                                        [](const auto& worker) { return worker->isRunningAny(); });
}

/// Ends the workers that nobody needs any more, each as soon as it is idle: its exit handlers have
/// what is left of the time.
void WorkerPool::stopIdle() {
  if (workers_.empty()) {
    stop_limit_.cancel();
    failWaiting(shuttingDown());
    if (const auto done = std::exchange(on_stopped_, nullptr)) done();
    return;
  }
  if (!queue_.empty() && (anyServing() || anyStarting())) return;
  failWaiting(shuttingDown());
  for (const auto& worker : workers_) {
    if (!worker->isRunningAny()) worker->stop();
  }
}

}  // namespace holdfast
