#include "config/setting_table.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include "config/interpreter.h"

namespace holdfast {
namespace {

constexpr unsigned kMaxProcesses = 512;
constexpr unsigned kMaxThreads = 512;
constexpr unsigned kMaxQueue = 100000;
constexpr unsigned kMaxDefaultProcesses = 4;

/// \name app
/// @{
Objection takeHandler(const std::string& text, const SettingContext&, Settings& settings) {
  return parseHandler(text, settings.app.handler);
}
Objection missHandler(const SettingContext&, Settings&) {
  return "nothing says which WSGI app to serve";
}
std::string printHandler(const Settings& settings) { return settings.app.handler; }

Objection takeRoot(const std::string& text, const SettingContext& context, Settings& settings) {
  return parseDirectory(text, context.directory, settings.app.root);
}
Objection defaultRoot(const SettingContext& context, Settings& settings) {
  if (context.directory.empty()) return "the current directory is not there any more";
  settings.app.root = context.directory;
  return std::nullopt;
}
std::string printRoot(const Settings& settings) { return settings.app.root.string(); }

// Without a root the places inside it cannot be looked at, and why there is none is told already.
Objection takePython(const std::string& text, const SettingContext& context, Settings& settings) {
  const std::filesystem::path path = text;
  const bool inside_root = path.has_parent_path() && path.is_relative();
  if (inside_root && settings.app.root.empty()) return std::nullopt;
  return findInterpreter(text, settings.app.root, context.environment, settings.app.python);
}
Objection defaultPython(const SettingContext& context, Settings& settings) {
  if (settings.app.root.empty()) return std::nullopt;
  return findDefaultInterpreter(settings.app.root, context.environment, settings.app.python);
}
std::string printPython(const Settings& settings) { return settings.app.python; }

Objection takeMount(const std::string& text, const SettingContext&, Settings& settings) {
  settings.app.mount = normaliseMount(text);
  return std::nullopt;
}
std::string printMount(const Settings& settings) { return settings.app.mount; }
/// @}

/// \name server
/// @{
Objection takeListen(const std::string& text, const SettingContext&, Settings& settings) {
  return parseFastCgiAddress(text, settings.server.listen);
}
std::string printListen(const Settings& settings) { return settings.server.listen; }

Objection takeHttp(const std::string& text, const SettingContext&, Settings& settings) {
  return parseHttpAddress(text, settings.server.http);
}
std::string printHttp(const Settings& settings) { return settings.server.http; }

Objection takeSocketMode(const std::string& text, const SettingContext&, Settings& settings) {
  return parseFileMode(text, settings.server.socket_mode);
}
std::string printSocketMode(const Settings& settings) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", settings.server.socket_mode);
  return text;
}

Objection takeSocketOwner(const std::string& text, const SettingContext&, Settings& settings) {
  return parseOwner(text, settings.server.socket_owner);
}
std::string printSocketOwner(const Settings& settings) { return settings.server.socket_owner; }

Objection takeWorkers(const std::string& text, const SettingContext&, Settings& settings) {
  return parseCount(text, 1, kMaxProcesses, settings.server.workers);
}
Objection defaultWorkers(const SettingContext&, Settings& settings) {
  // 0 where the number of cores cannot be told.
  settings.server.workers =
      std::clamp(std::thread::hardware_concurrency(), 1u, kMaxDefaultProcesses);
  return std::nullopt;
}
std::string printWorkers(const Settings& settings) {
  return std::to_string(settings.server.workers);
}

Objection takeThreads(const std::string& text, const SettingContext&, Settings& settings) {
  return parseCount(text, 1, kMaxThreads, settings.server.threads);
}
std::string printThreads(const Settings& settings) {
  return std::to_string(settings.server.threads);
}

Objection takeQueue(const std::string& text, const SettingContext&, Settings& settings) {
  return parseCount(text, 0, kMaxQueue, settings.server.queue);
}
std::string printQueue(const Settings& settings) { return std::to_string(settings.server.queue); }

Objection takeShowErrors(const std::string& text, const SettingContext&, Settings& settings) {
  return parseSwitch(text, settings.server.show_errors);
}
Objection defaultShowErrors(const SettingContext& context, Settings& settings) {
  settings.server.show_errors = context.kind == SiteKind::kDev;
  return std::nullopt;
}
std::string printShowErrors(const Settings& settings) {
  return settings.server.show_errors ? "true" : "false";
}
/// @}

constexpr Setting kTable[] = {
    {"app.handler", "WSGI_HANDLER", "--handler", true,
     "the WSGI app: pkg.mod.attr, pkg.mod.attr(), pkg.mod:attr or pkg.mod:factory(); required",
     "mysite.wsgi.application", takeHandler, missHandler, printHandler},
    {"app.root", "WSGI_APP_ROOT", "--app-root", true,
     "directory of the site, where its workers run; default: the current directory", "/srv/mysite",
     takeRoot, defaultRoot, printRoot},
    {"app.python", "WSGI_PYTHON", "--python", true,
     "Python interpreter, a path or a name on PATH; default: that of .venv or venv in the app "
     "root, else python3",
     "/usr/bin/python3", takePython, defaultPython, printPython},
    {"app.mount", "SCRIPT_NAME", nullptr, true,
     "path of the site on its host, such as /shop; default: the whole host", "/shop", takeMount,
     nullptr, printMount},
    {"server.listen", "HOLDFAST_LISTEN", "--listen", true,
     "FastCGI listener, unix:PATH or tcp:HOST:PORT; default: none", "unix:/run/mysite.sock",
     takeListen, nullptr, printListen},
    {"server.http", "HOLDFAST_HTTP", "--http", true,
     "embedded HTTP front end, tcp:HOST:PORT; default: none", "tcp:127.0.0.1:8000", takeHttp,
     nullptr, printHttp},
    {"server.socket_mode", nullptr, "--socket-mode", false,
     "permissions of a UNIX socket, octal; default: 0660", "0660", takeSocketMode, nullptr,
     printSocketMode},
    {"server.socket_owner", nullptr, "--socket-owner", false,
     "owner of a UNIX socket, USER[:GROUP]; default: who starts the host", "www-data:www-data",
     takeSocketOwner, nullptr, printSocketOwner},
    {"server.workers", "WSGI_WORKERS", "--workers", true,
     "Python processes, 1 to 512; default: one for each core, at most 4", "4", takeWorkers,
     defaultWorkers, printWorkers},
    {"server.threads", "WSGI_THREADS", "--threads", true,
     "requests at a time in each worker, 1 to 512; default: 4", "4", takeThreads, nullptr,
     printThreads},
    {"server.queue", "WSGI_QUEUE", nullptr, true,
     "requests that may wait for a worker, above that 503; 0 to 100000; default: 100", "100",
     takeQueue, nullptr, printQueue},
    {"server.show_errors", nullptr, nullptr, true,
     "tracebacks on error pages; default: only under `holdfast dev`", "true", takeShowErrors,
     defaultShowErrors, printShowErrors},
};

}  // namespace

std::span<const Setting> settingTable() { return kTable; }

const Setting* findSetting(std::string_view key) {
  const auto* const found =
      std::find_if(std::begin(kTable), std::end(kTable),
                   [&](const Setting& setting) { return setting.key == key; });
  return found == std::end(kTable) ? nullptr : found;
}

std::string_view sectionOf(std::string_view key) { return key.substr(0, key.find('.')); }

std::string_view nameInSection(std::string_view key) { return key.substr(key.find('.') + 1); }

std::string spelling(const Setting& setting, SourceKind kind) {
  const char* name = nullptr;
  if (kind == SourceKind::kCommandLine) name = setting.option;
  if (kind == SourceKind::kEnvironment) name = setting.environment;
  return name ? name : setting.key;
}

std::string assignment(const Setting& setting, SourceKind kind, std::string_view value) {
  const std::string name = spelling(setting, kind);
  switch (kind) {
    case SourceKind::kCommandLine:
      return name + ' ' + std::string(value);
    case SourceKind::kEnvironment:
      return name + '=' + std::string(value);
    case SourceKind::kYaml:
      break;
  }
  return '"' + std::string(nameInSection(name)) + ": " + std::string(value) + "\" under \"" +
         std::string(sectionOf(name)) + ":\"";
}

std::string demand(const Setting& setting) {
  std::string text;
  if (setting.environment) text += std::string(setting.environment) + " must be set, or ";
  text += std::string(setting.key) + " in holdfast.yaml";
  if (setting.option) text += std::string(", or ") + setting.option + " on the command line";
  return text;
}

}  // namespace holdfast
