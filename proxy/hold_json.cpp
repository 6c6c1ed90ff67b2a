#include "proxy/hold_json.h"

#include <Poco/JSON/Array.h>
#include <Poco/NumberFormatter.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "config/printable.h"
#include "proxy/web_socket/utf8.h"

namespace holdfast::proxy {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;
using std::chrono::milliseconds;

constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kTextBytes = 300;
constexpr std::size_t kFileBytes = 1000;

std::string fit(std::string_view text, std::size_t limit) {
  const std::string whole = printable(text);
  if (!isUtf8(whole)) return "?";
  return std::string(cutUtf8(whole, limit));
}

/// As a visitor's URL has it: what it may not have (RFC 3986) is percent-encoded, so that nothing
/// in it can steer a terminal.
std::string fitOfUrl(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += '%' + Poco::NumberFormatter::formatHex(byte, 2);
    }
  }
  return out;
}

/// To a tenth: nobody looks closer.
double inSeconds(milliseconds time) { return static_cast<double>(time.count() / 100) / 10; }

Poco::Dynamic::Var inSeconds(const std::optional<milliseconds>& time) {
  if (!time) return {};
  return inSeconds(*time);
}

Object::Ptr holdObject(const Hold& hold, std::chrono::steady_clock::time_point now) {
  Object::Ptr object = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
  object->set("state", hold.kind == Hold::Kind::kHeld ? "held" : "unknown");
  object->set("since_seconds",
              inSeconds(std::chrono::duration_cast<milliseconds>(now - hold.since)));
  object->set("reason", fit(hold.reason, kNameBytes));
  object->set("file", fit(hold.file, kFileBytes));
  object->set("line", hold.line);
  object->set("function", fit(hold.function, kTextBytes));
  object->set("thread", fit(hold.thread, kTextBytes));
  return object;
}

Object::Ptr requestObject(const HeldRequestReport& request) {
  Object::Ptr object = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
  object->set("id", fit(request.id, kNameBytes));
  object->set("method", fitOfUrl(request.method, kNameBytes));
  object->set("path", fitOfUrl(request.path, kTextBytes));
  object->set("age_seconds", inSeconds(request.age));
  object->set("keeper", fit(request.keeper, kNameBytes));
  object->set("front_end", fit(request.front_end, kNameBytes));
  object->set("limit_seconds", inSeconds(request.limit));
  object->set("left_seconds", inSeconds(request.left));
  object->set("hand_offs", request.hand_offs);
  object->set("waited_for", request.is_waited_for);
  object->set("answered", request.is_answered);
  return object;
}

/// \return nothing where it is no time
std::optional<milliseconds> timeOf(const Object& object, const char* key) {
  // So long nothing is held, and every clock can bear it.
  constexpr double kMost = 1e8;
  const double seconds = object.optValue<double>(key, -1);
  if (!(seconds >= 0 && seconds <= kMost)) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

std::string textOf(const Object& object, const char* key) {
  return object.optValue<std::string>(key, "");
}

Hold readHold(const Object& object, std::chrono::steady_clock::time_point now) {
  Hold hold;
  hold.kind = textOf(object, "state") == "held" ? Hold::Kind::kHeld : Hold::Kind::kUnknown;
  hold.since = now - timeOf(object, "since_seconds").value_or(milliseconds(0));
  hold.reason = textOf(object, "reason");
  hold.file = textOf(object, "file");
  hold.function = textOf(object, "function");
  hold.line = object.optValue<int>("line", 0);
  hold.thread = textOf(object, "thread");
  return hold;
}

HeldRequestReport readRequest(const Object& object) {
  HeldRequestReport request;
  request.id = textOf(object, "id");
  request.method = textOf(object, "method");
  request.path = textOf(object, "path");
  request.age = timeOf(object, "age_seconds").value_or(milliseconds(0));
  request.keeper = textOf(object, "keeper");
  request.front_end = textOf(object, "front_end");
  request.limit = timeOf(object, "limit_seconds");
  request.left = timeOf(object, "left_seconds");
  request.hand_offs = object.optValue<unsigned>("hand_offs", 0);
  request.is_waited_for = object.optValue<bool>("waited_for", true);
  request.is_answered = object.optValue<bool>("answered", false);
  return request;
}

}  // namespace

void setHolds(Object& object, const HoldReport& report, std::chrono::steady_clock::time_point now) {
  Array::Ptr requests = new Array;
  const std::size_t listed = std::min(report.requests.size(), kMostHeldListed);
  for (std::size_t i = 0; i < listed; ++i) requests->add(requestObject(report.requests[i]));
  if (report.hold) {
    object.set("hold", holdObject(*report.hold, now));
  } else {
    object.set("hold", Poco::Dynamic::Var());
  }
  object.set("requests", requests);
}

HoldReport readHolds(const Object& object, std::chrono::steady_clock::time_point now) {
  HoldReport report;
  // isObject() and its like say no where the key is missing.
  if (object.isObject("hold")) report.hold = readHold(*object.getObject("hold"), now);
  const Array::Ptr requests = object.isArray("requests") ? object.getArray("requests") : nullptr;
  const std::size_t count = requests ? std::min(requests->size(), kMostHeldListed) : 0;
  for (unsigned i = 0; i < count; ++i) {
    if (requests->isObject(i)) report.requests.push_back(readRequest(*requests->getObject(i)));
  }
  return report;
}

std::string holdJson(const HoldReport& report, std::chrono::steady_clock::time_point now) {
  Object object(Poco::JSON_PRESERVE_KEY_ORDER);
  setHolds(object, report, now);
  std::ostringstream out;
  object.stringify(out);
  return out.str();
}

}  // namespace holdfast::proxy
