#include "proxy/bridge/bridge.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>

#include "proxy/bridge/dap_notice.h"

namespace holdfast::proxy {
namespace {

using Poco::Net::StreamSocket;
using std::chrono::seconds;

constexpr std::chrono::hours kLong{1};
constexpr seconds kFirstPause{1};
constexpr seconds kLongestPause{30};
/// Bytes that a debugger may send before it has heard anything.
constexpr std::size_t kMaxEarly = 256 * 1024;
/// For a debugger to send its first request.
constexpr seconds kFirstWords{5};
/// For one that is turned away to read why.
constexpr std::chrono::milliseconds kLinger{1000};

}  // namespace

Bridge::Bridge(BridgePlan plan, const SiteClient& site, StoppableWait& wait, Console& console)
    : plan_(std::move(plan)),
      site_(site),
      wait_(wait),
      console_(console),
      sources_(site, [&console](const std::string& line) { console.say(line); }),
      patience_(site) {
  plan_.listener.setBlocking(false);
  state_.address = plan_.listener.address().toString();
}

void Bridge::run() {
  try {
    while (!wait_.isStopped()) {
      show();
      Watched watched[] = {{&plan_.listener, true, false}};
      if (!wait_.until(watched, Clock::now() + kLong)) continue;
      if (auto socket = accept()) serve({*socket, {}});
    }
  } catch (const CalledOff&) {
  }
}

/// \return nothing if it has left again
std::optional<StreamSocket> Bridge::accept() {
  try {
    StreamSocket socket = plan_.listener.acceptConnection();
    makePrompt(socket);
    return socket;
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

void Bridge::serve(Arrival arrival) {
  // With other protocols the engine may have the first word.
  if (!plan_.raw && !speaks(arrival)) return;
  state_.phase = BridgeState::kConnecting;
  show();
  auto site = reachSite(arrival);
  state_.phase = BridgeState::kWaiting;
  if (!site) return;
  if (plan_.is_marked && !site->mark.empty()) {
    console_.say("requests with the cookie holdfast-debug=" + site->mark +
                 " or the header X-Holdfast-Debug: " + site->mark + " go to the debugger");
  }
  sources_.beginSession();
  state_.phase = BridgeState::kAttached;
  state_.client.clear();
  state_.since = Clock::now();
  tap_ = {};
  lasting_ = {};
  BridgeSessionPlan plan;
  plan.client = arrival.socket;
  plan.early = std::move(arrival.early);
  plan.roots = {plan_.local_root, site->app_root};
  plan.site = std::move(*site);
  plan.raw = plan_.raw;
  BridgeSessionEnd end;
  {
    BridgeSession session(std::move(plan), plan_.listener, wait_, *this);
    end = session.run();
  }
  state_.phase = BridgeState::kWaiting;
  state_.hold.reset();
  patience_.end();
  if (!end.text.empty()) console_.say(end.text);
}

/// Whether a first whole message comes. A connection alone, of a browser or a port scanner, must
/// not make the site send its requests to a debugger.
bool Bridge::speaks(Arrival& arrival) {
  const Clock::time_point end = Clock::now() + kFirstWords;
  MessageDecoder decoder(kMaxEarly);
  Watched watched[] = {{&arrival.socket, true, false}};
  while (arrival.early.size() < kMaxEarly) {
    if (!wait_.until(watched, end)) return false;
    std::array<std::byte, 4096> buffer;
    const IoOutcome outcome = readSome(arrival.socket, buffer);
    if (outcome.status == IoStatus::kWouldBlock) continue;
    if (outcome.status != IoStatus::kDone) return false;
    auto bytes = std::span<const std::byte>(buffer).first(outcome.bytes);
    arrival.early.append(reinterpret_cast<const char*>(buffer.data()), outcome.bytes);
    std::string_view content;
    const DecodeStatus status = decoder.next(bytes, content);
    if (status == DecodeStatus::kMessage || status == DecodeStatus::kTooBig) return true;
    if (status == DecodeStatus::kProtocolError) {
      console_.say(kNoDapText);
      return false;
    }
  }
  return true;
}

/// Tries as long as the debugger is there and waiting may help.
std::optional<SiteStream> Bridge::reachSite(Arrival& arrival) {
  for (seconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    SiteProblem problem;
    try {
      return site_.attach(wait_);
    } catch (const SiteFailure& failure) {
      problem = failure.problem();
    }
    if (!problem.passing) {
      console_.say(problem.text);
      turnAway(arrival, problem.text);
      return std::nullopt;
    }
    const seconds now = std::max(pause, problem.pause);
    console_.say(problem.text + "\n  trying again in " + spokenDuration(now));
    if (!isThereFor(arrival, now)) {
      console_.say("the debugger has given up");
      return std::nullopt;
    }
  }
}

/// \return false as soon as it has left
bool Bridge::isThereFor(Arrival& arrival, std::chrono::milliseconds duration) {
  const Clock::time_point end = Clock::now() + duration;
  while (true) {
    // Without room for more it is not read, and taken for one that stays.
    const bool reads = arrival.early.size() < kMaxEarly;
    Watched watched[] = {{reads ? &arrival.socket : nullptr, true, false}};
    if (!wait_.until(watched, end)) return true;
    std::array<std::byte, 4096> buffer;
    const IoOutcome outcome = readSome(arrival.socket, buffer);
    if (outcome.status == IoStatus::kDone) {
      arrival.early.append(reinterpret_cast<const char*>(buffer.data()), outcome.bytes);
    } else if (outcome.status != IoStatus::kWouldBlock) {
      return false;
    }
  }
}

/// Its debugger says why, in place of an error about a connection.
void Bridge::turnAway(Arrival& arrival, const std::string& why) {
  if (plan_.raw) return;
  const std::string notice = outputNotice(why) + terminatedNotice();
  writeSome(arrival.socket, std::as_bytes(std::span(notice)), {});
  try {
    arrival.socket.shutdownSend();
  } catch (const Poco::Exception&) {  // it has left
    return;
  }
  const Clock::time_point end = Clock::now() + kLinger;
  while (Clock::now() < end && isThereFor(arrival, kLinger)) {
  }
}

void Bridge::turnAwayOthers() {
  while (accept()) {
    console_.say("another debugger has tried to attach: only one can be at a time");
  }
}

void Bridge::onClientName(const std::string& name) {
  state_.client = name;
  show();
}

void Bridge::onBreakpointFile(const BreakpointFile& file) { sources_.check(file); }

void Bridge::onWarning(const std::string& text) { console_.say(text); }

void Bridge::onClientMessage(std::string_view content) {
  if (tap_.onClient(content, Clock::now())) noteHold();
}

void Bridge::onSiteMessage(std::string_view content) {
  if (tap_.onEngine(content, Clock::now())) noteHold();
}

void Bridge::noteHold() {
  const auto& hold = tap_.news().hold;
  if (!hold) {
    patience_.end();
  } else if (!state_.hold || state_.hold->since != hold->since) {
    patience_.begin();
  }
  state_.hold = hold;
  show();
}

void Bridge::onTick() {
  turnAwayOthers();
  show();
}

void Bridge::show() {
  const Clock::time_point now = Clock::now();
  lasting_.see(state_.hold, now);
  state_.lasting = lasting_.text();
  state_.patience = patience_.text(now);
  console_.show(liveLine(state_, now), plainLine(state_));
}

}  // namespace holdfast::proxy
