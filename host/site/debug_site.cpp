#include "host/site/debug_site.h"

#include <algorithm>

#include "config/quantities.h"
#include "host/front/debug_mark.h"
#include "host/front/full_path.h"
#include "host/log.h"
#include "host/site/error_page.h"
#include "host/site/site_plans.h"
#include "host/trace.h"
#include "proxy/gate/audit.h"
#include "proxy/session/session.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// How often the channel looks at its clock.
constexpr auto kTick = 5s;
/// So long after the debugger has begun a step others are kept away from where it will stop; the
/// longer one while the lane still runs what may be the request in which it steps.
constexpr std::chrono::milliseconds kStep = 1s;
constexpr std::chrono::milliseconds kLongestStep = 30s;

}  // namespace

DebugSite::DebugSite(EventLoop& loop, FailureSink on_failure, RequestSink ordinary,
                     std::function<void(const std::string& problem)> on_known)
    : loop_(loop),
      on_failure_(std::move(on_failure)),
      ordinary_(std::move(ordinary)),
      on_known_(std::move(on_known)),
      held_requests_(
          loop,
          [](Request& request, HeldRequests::Refusal why) {
            // Anybody can ask for what is not there: that is no failure of the site.
            const bool gone = why == HeldRequests::Refusal::kGone;
            answerWithErrorPage(request, gone ? heldAnswerIsGone() : heldAnswerGoesElsewhere(),
                                false);
          },
          [this](const HeldRequest& request) { onSign(request); }),
      hold_log_(
          loop, [this] { return debuggerInWords(); }, [this] { held_requests_.logHeld(); },
          HoldLog::Times()) {}

DebugSite::~DebugSite() {
  // Their connections speak to the channel.
  exchanges_.clear();
}

void DebugSite::apply(const Settings& settings) {
  const bool other_secret = settings.debug.secret.reveal() != settings_.secret.reveal();
  settings_ = settings.debug;
  app_root_ = settings.app.root.string();
  stop_timeout_ = settings.server.stop_timeout;
  held_requests_.apply(heldRequestsPlanFor(settings));
  if (settings_.secret.empty()) return turnOff();
  tellChannel(settings);
  if (other_secret) since_ = EventLoop::Clock::now();
  const bool over = EventLoop::Clock::now() >= since_ + settings_.expires;
  if (!on_ || (expired_ && !over)) {
    turnOn(settings);
  } else if (lane_) {
    lane_->reload(lanePlanFor(settings));
  }
  keepTime();
}

void DebugSite::tellChannel(const Settings& settings) {
  if (channel_) return channel_->setPlan(channelPlanFor(settings, listener_));
  proxy::ChannelEvents& events = *this;
  channel_ = std::make_unique<proxy::Channel>(
      channelPlanFor(settings, listener_), events,
      [this](std::function<void()> task) { loop_.post(std::move(task)); });
}

void DebugSite::turnOn(const Settings& settings) {
  on_ = true;
  expired_ = false;
  log::info("the debug channel is at " + settings_.path);
  DebugLane::Listener& listener = *this;
  lane_ = std::make_unique<DebugLane>(loop_, lanePlanFor(settings), on_failure_, listener);
  lane_->start();
}

void DebugSite::turnOff() {
  if (!std::exchange(on_, false)) return;
  log::info("debugging is off: there is no secret any more");
  // Not destroyed, which would wait for its session.
  channel_->setPlan({});
  expiry_.cancel();
  tick_.cancel();
  retireLane(stop_timeout_);
}

void DebugSite::keepTime() {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(since_ + settings_.expires -
                                                                 EventLoop::Clock::now());
  expiry_ = loop_.after(std::max(left, 0ms), [this] { expire(); });
  tick_ = loop_.after(kTick, [this] { onTick(); });
}

void DebugSite::onTick() {
  channel_->tick();
  tick_ = loop_.after(kTick, [this] { onTick(); });
}

void DebugSite::expire() {
  if (std::exchange(expired_, true)) return;
  log::warning(
      "debugging is over: debug.expires has passed. It begins anew when the host is started anew "
      "or the secret changes");
  channel_->tick();
  retireLane(stop_timeout_);
}

void DebugSite::retireLane(std::chrono::milliseconds limit) {
  if (!lane_) return;
  DebugLane& lane = *lane_;
  const bool was_held = isHeld();
  // Its debugger is sent away: it is held no longer than that takes.
  held_ = {};
  goes_on_ = false;
  lane.setHeld(false);
  leaving_.push_back(std::move(lane_));
  lane.stop(limit, [this, &lane] { forget(lane); });
  // Not now: the caller may be in the middle of a reload.
  if (was_held) loop_.defer([this] { onReleased(); });
}

void DebugSite::forget(const DebugLane& lane) {
  // It may be in the middle of one of its own functions.
  loop_.defer([this, &lane] {
    if (attached_ == &lane) attached_ = nullptr;
    leaving_.remove_if([&](const auto& candidate) { return candidate.get() == &lane; });
    tellStopped();
  });
}

/// Not before the debugger has been sent away, which the log shall say.
void DebugSite::tellStopped() {
  const bool attached = channel_ && channel_->isAttached() && !at_once_;
  if (!leaving_.empty() || attached) return;
  if (const auto done = std::exchange(on_stopped_, nullptr)) done();
}

void DebugSite::tellKnown(const std::string& problem) {
  if (const auto tell = std::exchange(on_known_, nullptr)) tell(problem);
}

// --- requests ---

bool DebugSite::take(const std::shared_ptr<Request>& request) {
  if (!on_) return held_requests_.expected() > 0 && held_requests_.take(request);
  if (channel_->owns(fullPath(request->params))) {
    answerChannel(request);
    return true;
  }
  if (held_requests_.take(request)) return true;
  channel_->hurryHold();
  const bool marked = isMarkedAs(request->params, channel_->mark());
  stripDebugMark(request->params);
  if (!isForLane(marked)) return false;
  if (auto held = held_requests_.wrap(request, marked)) lane_->submit(std::move(held));
  return true;
}

bool DebugSite::isForLane(bool marked) const {
  if (!lane_ || !lane_->isServing() || !channel_->isAttachedTo(lane_->engine()->port)) return false;
  return marked || (settings_.route == "attached" && !standsStill() && !lane_->isFull());
}

bool DebugSite::standsStill() const {
  if (goes_on_) return false;
  if (held_.hold) return held_.hold->kind == proxy::Hold::Kind::kHeld;
  if (held_.motion != proxy::Motion::kStepping) return false;
  // A step past the request's end stops nowhere.
  const auto time = lane_ && lane_->isBusy() ? kLongestStep : kStep;
  return EventLoop::Clock::now() - moves_ < time;
}

void DebugSite::answerChannel(const std::shared_ptr<Request>& request) {
  exchanges_.push_back(
      std::make_unique<ChannelExchange>(request, *channel_, [this](ChannelExchange& over) {
        // It is in the middle of one of its own functions.
        const auto found =
            std::find_if(exchanges_.begin(), exchanges_.end(),
                         [&](const auto& exchange) { return exchange.get() == &over; });
        loop_.defer([kept = std::shared_ptr<ChannelExchange>(std::move(*found))] {});
        exchanges_.erase(found);
      }));
  exchanges_.back()->begin();
}

// --- what the channel asks and tells ---

void DebugSite::onAttached(const std::string&, const std::string&) {
  attached_ = lane_.get();
  if (lane_) lane_->setAttached(true);
}

void DebugSite::onDetached(const proxy::SessionEnd& end) {
  // The channel forgets it only when this is over.
  loop_.defer([this] { tellStopped(); });
  held_ = {};
  goes_on_ = false;
  max_hold_.cancel();
  held_requests_.setHeld(false);
  hold_log_.onReleased();
  DebugLane* const lane = std::exchange(attached_, nullptr);
  if (lane == nullptr) return;
  if (!end.engine_released) lane->replace("its debugger could not be sent away");
  lane->setAttached(false);
}

void DebugSite::onHold(const proxy::HoldNews& news) {
  if (trace::isOn(trace::kHold)) trace::say(trace::kHold, proxy::stateName(news.hold));
  const proxy::HoldNews before = std::exchange(held_, news);
  const bool is_held = news.hold.has_value();
  const bool changed = is_held != before.hold.has_value();
  const bool stops = is_held && (changed || news.hold->since != before.hold->since);
  // Not so where a stop has overtaken the answer to what ended the one before.
  const bool stands = is_held && news.motion == proxy::Motion::kNone;
  hears_ = true;
  if (stops || stands) goes_on_ = false;
  if (stops || changed || news.motion != before.motion) moves_ = EventLoop::Clock::now();
  if (news.hold != before.hold) hold_log_.onHold(news.hold);
  if (changed) {
    if (lane_) lane_->setHeld(is_held, news.motion == proxy::Motion::kStepping);
    held_requests_.setHeld(is_held);
  }
  if (stops || changed) max_hold_.cancel();
  if (stops) max_hold_ = loop_.after(settings_.max_hold, [this] { endLongHold(); });
  if ((stops || stands) && news.hold->kind == proxy::Hold::Kind::kHeld) leadWaitingAway();
  hears_ = false;
}

void DebugSite::leadWaitingAway() {
  if (!lane_) return;
  const auto waiting = lane_->takeWaiting(
      [this](const Request& request) { return held_requests_.mayLeaveLane(request); });
  for (const auto& request : waiting) {
    held_requests_.leaveLane(*request);
    ordinary_(request);
  }
}

void DebugSite::onSign(const HeldRequest& request) {
  // What the debugger has said has come to its session before, and may not have come here.
  if (!hears_) channel_->hurryHold();
  const auto engine = lane_ ? lane_->engine() : std::nullopt;
  if (!engine || request.trail.worker != engine->pid) return;
  if (held_.motion == proxy::Motion::kGoingOn) goes_on_ = true;
  if (held_.motion != proxy::Motion::kStepping || !request.isAnswered()) return;
  // Another thread that steps has let this one run meanwhile, no more.
  const std::string& stepping = held_.stepping;
  const bool known = !stepping.empty() && threadNameOf(request) == stepping;
  if (known && held_requests_.countHeldRuns(stepping) == 0) goes_on_ = true;
}

proxy::HoldReport DebugSite::holds() { return {held_.hold, held_requests_.report()}; }

/// Nothing is held for ever, whoever has forgotten it.
void DebugSite::endLongHold() {
  const std::string limit = durationText(settings_.max_hold);
  log::warning("the app has been held for " + limit +
               ", the longest time that there is (debug.max_hold): the debugger of " +
               debuggerInWords() + " is sent away, and the app goes on");
  channel_->endSession(proxy::CloseCode::kNormal, "Held for " + limit + ", as debug.max_hold says.",
                       false);
}

std::string DebugSite::debuggerInWords() const {
  const auto session = channel_->session();
  if (!session) return "a debugger";
  return (session->name.empty() ? "a debugger" : session->name) + " of " +
         proxy::auditName(session->client);
}

void DebugSite::audit(LogLevel level, const std::string& text) { log::event(level, text, {}); }

proxy::EngineState DebugSite::engine() {
  proxy::EngineState state;
  state.app_root = app_root_;
  if (!lane_) return state;
  const auto engine = lane_->engine();
  state.kind = proxy::EngineState::kStarting;
  state.problem = problem(false);
  state.detail = problem(true);
  if (engine) {
    state.kind = proxy::EngineState::kReady;
    state.import_waits = importWaits();
    state.name = engine->name;
    state.version = engine->version;
    state.host = engine->host;
    state.port = engine->port;
    state.pid = engine->pid;
    state.python = engine->python;
  } else if (!state.problem.empty()) {
    state.kind = proxy::EngineState::kFailed;
  }
  return state;
}

std::string DebugSite::problem(bool with_what_the_app_says) const {
  const Failure* const failure = lane_ ? lane_->failure() : nullptr;
  if (failure == nullptr) return {};
  if (failure->of_engine) return failure->exact + ' ' + failure->remedy;
  if (!with_what_the_app_says) {
    return "The debugged worker does not start: " + failure->title + ". The log says why.";
  }
  return failure->title + ": " + failure->exact + ' ' + failure->remedy;
}

bool DebugSite::importWaits() const {
  return settings_.wait && lane_ && lane_->engine() && !lane_->isServing() &&
         !channel_->isAttachedTo(lane_->engine()->port);
}

void DebugSite::onEngineWanted() {
  if (lane_) lane_->hurry();
}

proxy::ViewRows DebugSite::view() {
  proxy::ViewRows rows;
  if (!lane_) return rows;
  for (const WorkerReport& worker : lane_->report().workers) {
    for (const SlotReport& slot : worker.slots) {
      if (slot.doing == SlotReport::Doing::kIdle) continue;
      rows.emplace_back("request " + slot.request_id,
                        slot.method + ' ' + slot.uri.substr(0, slot.uri.find('?')) + ", for " +
                            std::to_string(slot.since.count() / 1000) + " s");
    }
  }
  return rows;
}

// --- what the lane tells ---

void DebugSite::onEngineGone(std::uint16_t port, bool lives) {
  if (lane_) {
    // Others serve while a new worker imports the app.
    for (auto& request : lane_->takeWaiting()) {
      held_requests_.leaveLane(*request);
      ordinary_(std::move(request));
    }
  }
  if (!lives) return channel_->engineGone(port);
  channel_->endSession(proxy::CloseCode::kServiceRestart,
                       "The debugged worker is replaced, as code or settings have changed.", true);
}

// --- the whole ---

DebugReport DebugSite::report() {
  DebugReport report;
  if (!on_) return report;
  report.path = settings_.path;
  report.now = EventLoop::Clock::now();
  report.holds = holds();
  report.state = DebugReport::State::kStarting;
  if (expired_) report.state = DebugReport::State::kExpired;
  if (lane_) {
    report.lane = lane_->report();
    report.problem = problem(true);
    if (!report.problem.empty()) report.state = DebugReport::State::kFailed;
    if (const auto engine = lane_->engine()) {
      report.state = DebugReport::State::kReady;
      report.import_waits = importWaits();
      report.engine = engine->name + ' ' + engine->version;
    }
  }
  if (const auto session = channel_->session()) {
    report.session = DebugReport::Session{
        session->client, session->name,
        std::chrono::duration_cast<std::chrono::milliseconds>(report.now - session->since)};
  }
  return report;
}

void DebugSite::letGo() {
  expiry_.cancel();
  tick_.cancel();
  if (channel_) channel_->close();
  held_requests_.hurry();
}

void DebugSite::stop(std::chrono::milliseconds limit, std::function<void()> on_stopped) {
  letGo();
  on_stopped_ = std::move(on_stopped);
  retireLane(limit);
  tellStopped();
}

void DebugSite::stopNow() {
  at_once_ = true;
  for (const auto& lane : leaving_) lane->stopNow();
  tellStopped();
}

}  // namespace holdfast
