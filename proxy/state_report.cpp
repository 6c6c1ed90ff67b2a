#include "proxy/state_report.h"

#include <Poco/JSON/Object.h>
#include <Poco/URI.h>

#include <filesystem>
#include <sstream>

#include "config/printable.h"
#include "proxy/hold_json.h"

namespace holdfast::proxy {

namespace {

constexpr const char* pathStyle() {
  return std::filesystem::path::preferred_separator == '/' ? "posix" : "windows";
}

Poco::JSON::Object engineObject(const EngineState& engine) {
  Poco::JSON::Object object;
  object.set("state", nameOf(engine.kind));
  object.set("name", engine.name);
  object.set("version", engine.version);
  object.set("python", engine.python);
  object.set("problem", engine.detail);
  return object;
}

Poco::JSON::Object sessionObject(const SessionView& session,
                                 std::chrono::steady_clock::time_point now) {
  Poco::JSON::Object object;
  object.set("client", session.client);
  object.set("since_seconds",
             std::chrono::duration_cast<std::chrono::seconds>(now - session.since).count());
  object.set("name", session.name);
  return object;
}

}  // namespace

const char* nameOf(EngineState::Kind kind) {
  switch (kind) {
    case EngineState::kOff:
      break;
    case EngineState::kStarting:
      return "starting";
    case EngineState::kReady:
      return "ready";
    case EngineState::kFailed:
      return "failed";
  }
  return "off";
}

std::string stateJson(const StateReport& report) {
  Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
  object.set("engine", engineObject(report.engine));
  if (report.session) {
    object.set("session", sessionObject(*report.session, report.now));
  } else {
    object.set("session", Poco::Dynamic::Var());
  }
  object.set("app_root", report.app_root);
  object.set("path_style", pathStyle());
  object.set("route", report.route);
  object.set("version", report.version);
  setHolds(object, report.holds, report.now);
  std::ostringstream out;
  object.stringify(out);
  return out.str();
}

HeaderFields siteHeaders(const EngineState& engine, const std::string& app_root) {
  std::string root;
  Poco::URI::encode(app_root, "", root);
  return {{"Holdfast-App-Root", root},
          {"Holdfast-Engine", printable(engine.name + ' ' + engine.version)},
          {"Holdfast-Python", printable(engine.python)},
          {"Holdfast-Path-Style", pathStyle()}};
}

}  // namespace holdfast::proxy
