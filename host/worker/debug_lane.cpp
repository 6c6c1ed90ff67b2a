#include "host/worker/debug_lane.h"

#include <algorithm>

#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// What runs in a worker whose engine was told to let go has so long to finish.
constexpr auto kReplaceLimit = 5s;
/// A step that takes longer than that counts as the end of a hold ...
constexpr auto kStepTime = 30s;
/// ... and so does anything else that lets the app go on, if no other stop follows at once.
constexpr auto kResumeTime = 1s;

/// \throws std::logic_error  that is our own mistake
PoolPlan forLane(PoolPlan plan) {
  plan.workers = 1;
  plan.recycling = {};
  if (!plan.worker.engine) throw std::logic_error("a debug lane without an EnginePlan");
  return plan;
}

}  // namespace

DebugLane::DebugLane(EventLoop& loop, PoolPlan plan, FailureSink on_failure, Listener& listener)
    : loop_(loop),
      listener_(listener),
      plan_(plan.worker.engine.value_or(EnginePlan())),
      pool_(loop, forLane(std::move(plan)), std::move(on_failure)) {
  pool_.watchEngines(*this);
  pool_.onStartFailure([this](const Failure& failure) { listener_.onLaneFailed(failure); });
}

DebugLane::~DebugLane() = default;

void DebugLane::start() {
  log::info(
      "debugging is on: the debug lane is one more worker, which imports the app once more. What "
      "the app starts at its import, such as a scheduler, runs there as well");
  pool_.start();
}

void DebugLane::setAttached(bool attached) {
  if (listening_.empty()) return;
  attached_ = attached;
  if (!attached) setHeld(false);
  listening_.front().worker->setAttached(attached);
  if (!attached && stays_) releaseAfter(0s);
}

void DebugLane::setHeld(bool held, bool stepping) {
  held = held && attached_;
  if (std::exchange(held_, held) == held) return;
  listening_.front().worker->setHeld(held);
  pool_.setHeld(held);
  if (!held) return releaseAfter(stepping ? kStepTime : kResumeTime);
  release_.cancel();
  stays_ = true;
  pool_.setSteady(true);
}

void DebugLane::releaseAfter(std::chrono::milliseconds time) {
  release_ = loop_.after(time, [this] { release(); });
}

void DebugLane::release() {
  release_.cancel();
  stays_ = false;
  listener_.onReleased();
  pool_.setSteady(false);
  if (next_) {
    reload(*std::exchange(next_, std::nullopt));
  } else if (listening_.size() > 1 && plan_.wait) {
    pool_.giveWay();
  }
}

void DebugLane::reload(PoolPlan plan) {
  plan = forLane(std::move(plan));
  if (stays_) {
    if (!next_) log::info("reload: the debug lane waits until its debugger lets the app go");
    next_ = std::move(plan);
    return;
  }
  next_.reset();
  plan_ = *plan.worker.engine;
  pool_.reload(std::move(plan));
  const std::optional<Engine> old = engine();
  // The new one cannot listen before.
  if (old && plan_.address.ends_with(':' + std::to_string(old->port))) pool_.giveWay();
}

std::optional<Engine> DebugLane::engine() const {
  if (listening_.empty()) return std::nullopt;
  return listening_.front().engine;
}

bool DebugLane::isServing() const {
  return !listening_.empty() && listening_.front().worker->state() == WorkerProcess::State::kReady;
}

bool DebugLane::isBusy() const {
  return !listening_.empty() && listening_.front().worker->busySlots() > 0;
}

void DebugLane::replace(const std::string& why) {
  if (listening_.empty()) return pool_.hurry();
  WorkerProcess* const worker = listening_.front().worker;
  worker->replace(why, kReplaceLimit);
}

void DebugLane::onEngineListens(WorkerProcess& worker, const Engine& engine) {
  listening_.push_back({&worker, engine});
  if (listening_.size() == 1) return listener_.onEngine(engine);
  // It waits for a debugger, and nobody is led to it as long as an older one is there.
  if (plan_.wait && !stays_) pool_.giveWay();
}

void DebugLane::onEngineLeaves(WorkerProcess& worker) {
  const auto found = std::find_if(listening_.begin(), listening_.end(),
                                  [&](const Listening& one) { return one.worker == &worker; });
  if (found == listening_.end()) return;
  const bool was_current = found == listening_.begin();
  const std::uint16_t port = found->engine.port;
  if (!was_current) {
    listening_.erase(found);
    return;
  }
  setAttached(false);
  listening_.erase(found);
  listener_.onEngineGone(port, worker.state() == WorkerProcess::State::kDraining);
  if (!listening_.empty()) listener_.onEngine(listening_.front().engine);
}

}  // namespace holdfast
