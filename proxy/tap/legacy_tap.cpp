#include "proxy/tap/legacy_tap.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/tap/message_part.h"

namespace holdfast::proxy {

namespace {

using Asked = HoldState::Asked;

constexpr std::size_t kMaxStanding = 64;

struct NamedStop {
  std::string_view event;
  const char* reason;  ///< in the words of DAP
  Stop::Kind kind;
};

constexpr std::array kStops = {
    NamedStop{"legacyBreakpointHit", "breakpoint", Stop::Kind::kStopped},
    NamedStop{"legacyStepDone", "step", Stop::Kind::kStopped},
    NamedStop{"legacyException", "exception", Stop::Kind::kStopped},
    NamedStop{"legacyAsyncBreak", "pause", Stop::Kind::kStopped},
    NamedStop{"legacyProcessLoad", "entry", Stop::Kind::kLoaded},
    NamedStop{"legacyRequestHandlers", "exception", Stop::Kind::kHandlers}};

/// All threads run again.
bool resumesAll(std::string_view command) {
  static constexpr std::array<std::string_view, 5> kAll = {"legacyResumeAll", "legacyStepInto",
                                                           "legacyStepOver", "legacyStepOut",
                                                           "legacyAutoResumeThread"};
  return std::find(kAll.begin(), kAll.end(), command) != kAll.end();
}

std::optional<std::int64_t> threadIn(std::string_view content, std::string_view part) {
  std::optional<std::int64_t> thread;
  readPart(content, part, [&](JsonWalker& walker, std::string_view key) {
    if (key != "threadId") return walker.skipValue();
    walker.takeInteger(thread);
    return false;
  });
  return thread;
}

/// Takes a stack frame, as far as the place in it.
void takeFrame(JsonWalker& walker, Place& place) {
  std::optional<std::int64_t> line;
  walker.eachMember([&](std::string_view key) {
    if (key == "lineNo") return walker.takeInteger(line);
    if (key == "frameName") return walker.takeText(place.function, kMaxName);
    if (key != "fileName") return walker.skipValue();
    return walker.takeText(place.file, kMaxPath);
  });
  place.line = lineOf(line);
}

}  // namespace

bool LegacyTap::onClient(std::string_view content, Time now) {
  if (state_.isBlind()) return false;
  state_.begin(now);
  const Envelope envelope = readEnvelope(content);
  if (envelope.type == Envelope::Type::kUnknown) return onBlind(now);
  if (envelope.type == Envelope::Type::kRequest) onRequest(envelope, content);
  return state_.settle();
}

bool LegacyTap::onEngine(std::string_view content, Time now) {
  if (state_.isBlind()) return false;
  state_.begin(now);
  const Envelope envelope = readEnvelope(content);
  if (envelope.type == Envelope::Type::kUnknown) return onBlind(now);
  if (envelope.type == Envelope::Type::kEvent) onEvent(envelope, content);
  if (envelope.type == Envelope::Type::kResponse) {
    const auto asked = state_.answered(envelope.request_seq);
    if (envelope.success && envelope.name == "legacyDetach") {
      state_.clear();
    } else if (envelope.success && asked) {
      onAnswered(*asked);
    }
  }
  return state_.settle();
}

bool LegacyTap::onBlind(Time now) {
  state_.goBlind(now);
  return state_.settle();
}

void LegacyTap::onRequest(const Envelope& request, std::string_view content) {
  if (resumesAll(request.name)) {
    state_.ask({Asked::Kind::kResume, request.seq, {}, request.name.starts_with("legacyStep")});
  } else if (request.name == "legacyResumeThread") {
    state_.ask({Asked::Kind::kResume, request.seq, threadIn(content, "arguments"), false});
  } else if (request.name == "legacySetExceptionHandlerInfo") {
    state_.ask({Asked::Kind::kHandlers, request.seq, {}, false});
  }
}

void LegacyTap::onEvent(const Envelope& event, std::string_view content) {
  if (event.name == "legacyThreadFrameList") return onFrames(content);
  if (event.name == "legacyDetach" || event.name == "legacyProcessExit") return state_.clear();
  const auto found = std::find_if(kStops.begin(), kStops.end(), [&](const NamedStop& candidate) {
    return candidate.event == event.name;
  });
  if (found != kStops.end()) addStop(found->reason, found->kind, content);
}

void LegacyTap::addStop(const char* reason, Stop::Kind kind, std::string_view content) {
  Stop stop;
  stop.kind = kind;
  stop.reason = reason;
  stop.thread = threadIn(content, "body");
  const auto standing = stop.thread ? standingOf(*stop.thread) : standing_.end();
  if (standing != standing_.end()) {
    stop.thread_name = standing->name;
    stop.place = standing->place;
  }
  state_.add(std::move(stop));
}

void LegacyTap::onAnswered(const Asked& asked) {
  state_.release(asked, hasLoaded(asked) ? std::nullopt : asked.thread);
}

/// To resume a thread that has just been loaded is to resume all.
bool LegacyTap::hasLoaded(const Asked& asked) const {
  return std::any_of(state_.stops().begin(), state_.stops().end(), [&](const Stop& stop) {
    return stop.kind == Stop::Kind::kLoaded && stop.thread == asked.thread;
  });
}

std::vector<LegacyTap::Standing>::iterator LegacyTap::standingOf(std::int64_t thread) {
  return std::find_if(standing_.begin(), standing_.end(),
                      [&](const Standing& candidate) { return candidate.thread == thread; });
}

void LegacyTap::onFrames(std::string_view content) {
  std::optional<std::int64_t> thread;
  Standing now;
  readPart(content, "body", [&](JsonWalker& walker, std::string_view key) {
    if (key == "threadId") return walker.takeInteger(thread);
    if (key == "threadName") return walker.takeText(now.name, kMaxName);
    if (key != "threadFrames") return walker.skipValue();
    walker.eachElement([&] {
      takeFrame(walker, now.place);
      return false;
    });
    return false;
  });
  if (!thread) return;
  now.thread = *thread;
  const auto old = standingOf(*thread);
  if (old != standing_.end()) {
    // It is named once.
    if (now.name.empty()) now.name = std::move(old->name);
    standing_.erase(old);
  } else if (standing_.size() >= kMaxStanding) {
    standing_.erase(standing_.begin());
  }
  standing_.push_back(std::move(now));
}

}  // namespace holdfast::proxy
