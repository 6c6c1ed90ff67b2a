#include "proxy/bridge/client_messages.h"

#include <algorithm>

#include "config/letter_case.h"
#include "config/printable.h"
#include "proxy/bridge/json_edit.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxNameBytes = 60;
constexpr std::size_t kMaxStrayFolders = 20;
constexpr std::string_view kLibraryFolders[] = {"site-packages", "dist-packages", "/lib/python",
                                                "\\lib\\"};

std::string clientName(std::string_view content, const JsonValue& arguments) {
  std::string name = jsonString(content, arguments, "clientName");
  if (name.empty()) name = jsonString(content, arguments, "clientID");
  if (name == "Visual Studio Code") return "VS Code";
  if (name.size() > kMaxNameBytes) name = name.substr(0, kMaxNameBytes) + "...";
  return printable(name);
}

std::vector<PathMapping> mappingsOf(std::string_view content, const JsonValue* list) {
  std::vector<PathMapping> mappings;
  if (list == nullptr) return mappings;
  for (const JsonValue& entry : list->elements) {
    mappings.push_back(
        {jsonString(content, entry, "localRoot"), jsonString(content, entry, "remoteRoot")});
  }
  return mappings;
}

/// VS Code's Python extension maps the folder to itself where it attaches to localhost.
bool mapsNothing(const std::vector<PathMapping>& mappings) {
  return std::all_of(mappings.begin(), mappings.end(), [](const PathMapping& mapping) {
    return isSameFolder(mapping.local, mapping.remote);
  });
}

/// Engines keep the mapping of the session before unless they get another one; an empty list is
/// none.
const PathMapping kNoMapping{"/", "/"};

std::string mappingText(const PathMapping& roots) {
  return "[{\"localRoot\": " + quotedJson(roots.local) +
         ", \"remoteRoot\": " + quotedJson(roots.remote) + "}]";
}

/// debugpy takes a client's paths for those of its own system if nobody says otherwise.
bool lacksSystem(std::string_view content, const JsonValue* arguments) {
  if (arguments == nullptr) return true;
  const JsonValue* const options = arguments->find("debugOptions");
  const bool said =
      options != nullptr &&
      std::any_of(options->elements.begin(), options->elements.end(), [&](const JsonValue& option) {
        return jsonString(content, option).ends_with("Client");
      });
  return !said && arguments->find("clientOS") == nullptr;
}

/// The site may have the same ones in the same place.
bool isOfLibrary(std::string_view path) {
  const std::string text = lowerCase(path);
  return std::ranges::any_of(kLibraryFolders, [&](std::string_view folder) {
    return text.find(folder) != std::string::npos;
  });
}

}  // namespace

std::optional<std::string> ClientMessages::read(std::string_view content) {
  if (content.size() > kMaxRead) return std::nullopt;
  std::string problem;
  const auto message = parseJsonc(content, problem);
  if (!message || jsonString(content, *message, "type") != "request") return std::nullopt;
  const std::string command = jsonString(content, *message, "command");
  leaving_ = leaving_ || command == "disconnect" || command == "terminate";
  if (command == "attach") return readAttach(content, *message);
  const JsonValue* const arguments = message->find("arguments");
  if (arguments == nullptr) return std::nullopt;
  if (command == "initialize") name_ = clientName(content, *arguments);
  if (command == "setBreakpoints") readBreakpoints(content, *arguments);
  return std::nullopt;
}

std::optional<std::string> ClientMessages::readAttach(std::string_view content,
                                                      const JsonValue& message) {
  const JsonValue* const arguments = message.find("arguments");
  const JsonValue* const list = arguments == nullptr ? nullptr : arguments->find("pathMappings");
  mappings_ = mappingsOf(content, list);
  attached_ = true;
  maps_itself_ = !mapsNothing(mappings_);
  const bool known = !roots_.local.empty() && !roots_.remote.empty();
  if (!known || maps_itself_) return std::nullopt;
  if (isSameFolder(roots_.local, roots_.remote)) {
    if (!mappings_.empty() || !roots_.remote.starts_with('/')) return std::nullopt;
    // Engines keep the mapping of the session before unless they get another; an empty list is
    // none.
    return withMapping(content, message, {"/", "/"});
  }
  mappings_ = {roots_};
  return withMapping(content, message, roots_);
}

std::optional<std::string> ClientMessages::withMapping(std::string_view content,
                                                       const JsonValue& message,
                                                       const PathMapping& mapping) const {
  const JsonValue* const arguments = message.find("arguments");
  if (arguments != nullptr && !arguments->isObject()) return std::nullopt;
  JsonEdit edit(content);
  std::string missing;
  const JsonValue* const list = arguments == nullptr ? nullptr : arguments->find("pathMappings");
  if (list != nullptr) {
    edit.replace(*list, mappingText(mapping));
  } else {
    missing = "\"pathMappings\": " + mappingText(mapping);
  }
  const bool other_system = isWindowsPath(roots_.local) && !isWindowsPath(roots_.remote);
  if (other_system && lacksSystem(content, arguments)) {
    missing += missing.empty() ? "" : ", ";
    missing += "\"clientOS\": \"windows\"";
  }
  if (arguments == nullptr) {
    edit.append(message, "\"arguments\": {" + missing + '}');
  } else if (!missing.empty()) {
    edit.append(*arguments, missing);
  }
  return edit.result();
}

void ClientMessages::readBreakpoints(std::string_view content, const JsonValue& arguments) {
  const JsonValue* const source = arguments.find("source");
  const JsonValue* const breakpoints = arguments.find("breakpoints");
  if (source == nullptr || breakpoints == nullptr || breakpoints->elements.empty()) return;
  const std::string path = jsonString(content, *source, "path");
  const auto deployed = pathBelow(remotePath(path, mappings_), roots_.remote);
  if (roots_.remote.empty()) return;
  if (deployed) {
    files_.push_back({path, *deployed});
  } else if (attached_ && !maps_itself_ && !isOfLibrary(path)) {
    noteStray(path);
  }
}

void ClientMessages::noteStray(const std::string& path) {
  const bool named = isWindowsPath(path) || path.starts_with('/');  // no `<stdin>`
  if (!named || stray_folders_.size() >= kMaxStrayFolders) return;
  const bool fresh = stray_folders_.insert(path.substr(0, path.find_last_of("/\\"))).second;
  if (fresh) stray_ = path;
}

}  // namespace holdfast::proxy
