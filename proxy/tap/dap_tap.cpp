#include "proxy/tap/dap_tap.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "proxy/tap/message_part.h"

namespace holdfast::proxy {

namespace {

using Asked = HoldState::Asked;

bool isResumption(std::string_view command) {
  static constexpr std::array<std::string_view, 7> kAll = {
      "continue", "next", "stepIn", "stepOut", "stepBack", "reverseContinue", "restartFrame"};
  return std::find(kAll.begin(), kAll.end(), command) != kAll.end();
}

bool isStep(std::string_view command) { return command == "next" || command.starts_with("step"); }

struct ThreadArguments {
  std::optional<std::int64_t> thread;
  std::optional<std::int64_t> start_frame;
};

ThreadArguments readArguments(std::string_view content) {
  ThreadArguments arguments;
  readPart(content, "arguments", [&](JsonWalker& walker, std::string_view key) {
    if (key == "threadId") return walker.takeInteger(arguments.thread);
    if (key == "startFrame") return walker.takeInteger(arguments.start_frame);
    return walker.skipValue();
  });
  return arguments;
}

constexpr std::size_t kMostMappings = 20;

/// Of `attach` (debugpy and ptvsd have it in common).
std::vector<PathMapping> readMappings(std::string_view content) {
  std::vector<PathMapping> mappings;
  readPart(content, "arguments", [&](JsonWalker& walker, std::string_view key) {
    if (key != "pathMappings") return walker.skipValue();
    return walker.eachElement([&] {
      PathMapping mapping;
      const bool whole = walker.eachMember([&](std::string_view of_mapping) {
        if (of_mapping == "localRoot") return walker.takeText(mapping.local, kMaxPath);
        if (of_mapping == "remoteRoot") return walker.takeText(mapping.remote, kMaxPath);
        return walker.skipValue();
      });
      if (!mapping.local.empty() && !mapping.remote.empty()) mappings.push_back(mapping);
      return whole && mappings.size() < kMostMappings;
    });
  });
  return mappings;
}

Stop readStopped(std::string_view content) {
  Stop stop;
  readPart(content, "body", [&](JsonWalker& walker, std::string_view key) {
    if (key == "reason") return walker.takeText(stop.reason, kMaxName);
    if (key == "threadId") return walker.takeInteger(stop.thread);
    return walker.skipValue();
  });
  return stop;
}

bool resumesOneOnly(std::string_view content) {
  std::string_view all;
  readPart(content, "body", [&](JsonWalker& walker, std::string_view key) {
    if (key != "allThreadsContinued") return walker.skipValue();
    all = walker.takeWord();
    return false;
  });
  return all == "false";
}

/// Takes a stack frame.
bool takeFrame(JsonWalker& walker, Place& place) {
  std::optional<std::int64_t> line;
  const bool whole = walker.eachMember([&](std::string_view key) {
    if (key == "name") return walker.takeText(place.function, kMaxName);
    if (key == "line") return walker.takeInteger(line);
    if (key != "source") return walker.skipValue();
    return walker.eachMember([&](std::string_view of_source) {
      return of_source == "path" ? walker.takeText(place.file, kMaxPath) : walker.skipValue();
    });
  });
  place.line = lineOf(line);
  return whole;
}

Place readTopFrame(std::string_view content) {
  Place place;
  readPart(content, "body", [&](JsonWalker& walker, std::string_view key) {
    if (key != "stackFrames") return walker.skipValue();
    walker.eachElement([&] {
      takeFrame(walker, place);
      return false;
    });
    return false;
  });
  return place;
}

/// `visit(id, name)` for each thread.
template <typename Visit>
void readThreads(std::string_view content, Visit visit) {
  readPart(content, "body", [&](JsonWalker& walker, std::string_view key) {
    if (key != "threads") return walker.skipValue();
    return walker.eachElement([&] {
      std::optional<std::int64_t> id;
      std::string name;
      const bool whole = walker.eachMember([&](std::string_view of_thread) {
        if (of_thread == "id") return walker.takeInteger(id);
        if (of_thread == "name") return walker.takeText(name, kMaxName);
        return walker.skipValue();
      });
      if (id) visit(*id, name);
      return whole;
    });
  });
}

bool hasUnnamed(const std::vector<Stop>& stops) {
  return std::any_of(stops.begin(), stops.end(),
                     [](const Stop& stop) { return stop.thread_name.empty(); });
}

}  // namespace

bool DapTap::onClient(std::string_view content, Time now) {
  if (state_.isBlind()) return false;
  state_.begin(now);
  const Envelope envelope = readEnvelope(content);
  if (envelope.type == Envelope::Type::kUnknown) return onBlind(now);
  if (envelope.type == Envelope::Type::kRequest) onRequest(envelope, content);
  return state_.settle();
}

bool DapTap::onEngine(std::string_view content, Time now) {
  if (state_.isBlind()) return false;
  state_.begin(now);
  const Envelope envelope = readEnvelope(content);
  if (envelope.type == Envelope::Type::kUnknown) return onBlind(now);
  if (envelope.type == Envelope::Type::kEvent) onEvent(envelope, content);
  if (envelope.type == Envelope::Type::kResponse) onResponse(envelope, content);
  return state_.settle();
}

bool DapTap::onBlind(Time now) {
  state_.goBlind(now);
  return state_.settle();
}

void DapTap::onRequest(const Envelope& request, std::string_view content) {
  if (isResumption(request.name)) {
    state_.ask(
        {Asked::Kind::kResume, request.seq, readArguments(content).thread, isStep(request.name)});
  } else if (request.name == "stackTrace" && state_.news().hold) {
    const ThreadArguments arguments = readArguments(content);
    if (!arguments.thread || arguments.start_frame.value_or(0) != 0) return;
    state_.ask({Asked::Kind::kFrames, request.seq, arguments.thread, false});
  } else if (request.name == "attach") {
    mappings_ = readMappings(content);
  }
}

void DapTap::onEvent(const Envelope& event, std::string_view content) {
  if (event.name == "stopped") {
    state_.add(readStopped(content));
  } else if (event.name == "terminated" || event.name == "exited") {
    state_.clear();
  }
}

void DapTap::onResponse(const Envelope& response, std::string_view content) {
  const auto asked = state_.answered(response.request_seq);
  if (!response.success) return;
  if (response.name == "disconnect") {
    state_.clear();
  } else if (asked && asked->kind == Asked::Kind::kResume) {
    onResumed(*asked, content);
  } else if (asked) {
    Place place = readTopFrame(content);
    place.file = remotePath(place.file, mappings_);
    for (Stop& stop : state_.changeStops()) {
      const bool is_meant = stop.thread == asked->thread && stop.position < asked->position;
      if (is_meant && stop.place.line == 0) stop.place = place;
    }
  } else if (response.name == "threads" && hasUnnamed(state_.stops())) {
    readThreads(content, [&](std::int64_t id, const std::string& name) {
      for (Stop& stop : state_.changeStops()) {
        if (stop.thread == id) stop.thread_name = name;
      }
    });
  }
}

void DapTap::onResumed(const Asked& asked, std::string_view content) {
  if (!resumesOneOnly(content)) {
    state_.release(asked, {});
  } else if (asked.thread) {
    state_.release(asked, asked.thread);
  } else {
    // One of them runs again, and nobody knows which.
    state_.goBlind(state_.now());
  }
}

}  // namespace holdfast::proxy
