#include "host/worker/debug_lane.h"

#include <algorithm>

#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// What runs in a worker whose engine was told to let go has so long to finish.
constexpr auto kReplaceLimit = 5s;

/// \throws std::logic_error  that is our own mistake
PoolPlan forLane(PoolPlan plan) {
  plan.workers = 1;
  plan.recycling = {};
  if (!plan.worker.engine) throw std::logic_error("a debug lane without an EnginePlan");
  return plan;
}

}  // namespace

DebugLane::DebugLane(EventLoop& loop, PoolPlan plan, FailureSink on_failure, Listener& listener)
    : listener_(listener),
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
  if (!listening_.empty()) listening_.front().worker->setAttached(attached);
}

void DebugLane::reload(PoolPlan plan) {
  plan = forLane(std::move(plan));
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

void DebugLane::replace(const std::string& why) {
  if (listening_.empty()) return pool_.hurry();
  WorkerProcess* const worker = listening_.front().worker;
  worker->replace(why, kReplaceLimit);
}

void DebugLane::onEngineListens(WorkerProcess& worker, const Engine& engine) {
  listening_.push_back({&worker, engine});
  if (listening_.size() == 1) return listener_.onEngine(engine);
  // It waits for a debugger, and nobody is led to it as long as an older one is there.
  if (plan_.wait) pool_.giveWay();
}

void DebugLane::onEngineLeaves(WorkerProcess& worker) {
  const auto found = std::find_if(listening_.begin(), listening_.end(),
                                  [&](const Listening& one) { return one.worker == &worker; });
  if (found == listening_.end()) return;
  const bool was_current = found == listening_.begin();
  const std::uint16_t port = found->engine.port;
  listening_.erase(found);
  if (!was_current) return;
  worker.setAttached(false);
  listener_.onEngineGone(port, worker.state() == WorkerProcess::State::kDraining);
  if (!listening_.empty()) listener_.onEngine(listening_.front().engine);
}

}  // namespace holdfast
