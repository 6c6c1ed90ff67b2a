#include "proxy/bridge/launch_json.h"

#include <algorithm>

#include "proxy/bridge/json_edit.h"
#include "proxy/bridge/jsonc.h"

namespace holdfast::proxy {
namespace {

constexpr char kType[] = "debugpy";
constexpr char kRequest[] = "attach";

/// \param unit  one level of indentation
std::string connectText(const LaunchEntry& entry, const std::string& unit) {
  return "{\n" + unit + "\"host\": " + quotedJson(entry.host) + ",\n" + unit +
         "\"port\": " + std::to_string(entry.port) + "\n}";
}

std::string indentedBy(std::string_view unit, std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c;
    if (c == '\n') result += unit;
  }
  return result;
}

std::string entryText(const LaunchEntry& entry, const std::string& unit) {
  const std::string members =
      "\"name\": " + quotedJson(entry.name) + ",\n\"type\": \"" + kType + "\",\n\"request\": \"" +
      kRequest + "\",\n\"connect\": " + connectText(entry, unit) + ",\n\"justMyCode\": true";
  return "{\n" + unit + indentedBy(unit, members) + "\n}";
}

std::string configurationsText(const LaunchEntry& entry, const std::string& unit) {
  return "\"configurations\": [\n" + unit + indentedBy(unit, entryText(entry, unit)) + "\n]";
}

std::string freshText(const LaunchEntry& entry) {
  const std::string unit = "    ";
  return "{\n" + unit + "\"version\": \"0.2.0\",\n" + unit +
         indentedBy(unit, configurationsText(entry, unit)) + "\n}\n";
}

std::string withLineEnds(std::string_view text, const std::string& line_end) {
  std::string result;
  for (const char c : text) result += c == '\n' ? line_end : std::string(1, c);
  return result;
}

bool hasOnlyComments(std::string_view text) {
  std::string problem;
  return parseJsonc(std::string(text) + "\n{}", problem).has_value();
}

/// Members of one object that must have these values, which are JSON.
class Members {
 public:
  Members(std::string_view text, const JsonValue& object, JsonEdit& edit)
      : text_(text), object_(object), edit_(edit) {}

  void set(std::string_view name, const std::string& json) {
    const JsonValue* const value = object_.find(name);
    if (value == nullptr) {
      add(name, json);
    } else if (text_.substr(value->begin, value->end - value->begin) != json) {
      edit_.replace(*value, json);
    }
  }
  void add(std::string_view name, const std::string& json) {
    if (!missing_.empty()) missing_ += ",\n";
    missing_ += quotedJson(name) + ": " + json;
  }
  void finish() {
    if (!missing_.empty()) edit_.append(object_, missing_);
  }

 private:
  std::string_view text_;
  const JsonValue& object_;
  JsonEdit& edit_;
  std::string missing_;
};

void putRight(std::string_view text, const JsonValue& found, const LaunchEntry& entry,
              JsonEdit& edit) {
  Members members(text, found, edit);
  members.set("type", quotedJson(kType));
  members.set("request", quotedJson(kRequest));
  const JsonValue* const connect = found.find("connect");
  if (connect == nullptr) {
    members.add("connect", connectText(entry, indentUnit(text)));
  } else if (!connect->isObject()) {
    edit.replace(*connect, connectText(entry, indentUnit(text)));
  } else {
    Members places(text, *connect, edit);
    places.set("host", quotedJson(entry.host));
    places.set("port", std::to_string(entry.port));
    places.finish();
  }
  members.finish();
}

}  // namespace

std::optional<std::string> withLaunchEntry(std::string_view text, const LaunchEntry& entry,
                                           std::string& problem) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return freshText(entry);
  const auto root = parseJsonc(text, problem);
  if (!root && hasOnlyComments(text)) {
    const std::string line_end = lineEnd(text);
    const bool ended = text.ends_with('\n');
    return std::string(text) + (ended ? "" : line_end) + withLineEnds(freshText(entry), line_end);
  }
  if (!root) return std::nullopt;
  if (!root->isObject()) {
    problem = "it is no JSON object";
    return std::nullopt;
  }
  JsonEdit edit(text);
  const JsonValue* const configurations = root->find("configurations");
  if (configurations == nullptr) {
    edit.append(*root, configurationsText(entry, indentUnit(text)));
    return edit.result();
  }
  if (!configurations->isArray()) {
    problem = "its \"configurations\" is no list";
    return std::nullopt;
  }
  const auto found = std::find_if(
      configurations->elements.begin(), configurations->elements.end(),
      [&](const JsonValue& element) { return jsonString(text, element, "name") == entry.name; });
  if (found == configurations->elements.end()) {
    edit.append(*configurations, entryText(entry, indentUnit(text)));
  } else {
    putRight(text, *found, entry, edit);
  }
  return edit.result();
}

}  // namespace holdfast::proxy
