/// \file settings.h
/// Every setting that the host knows, as one plain value.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// What the site is set to. Built once by loadSettings(); read-only afterwards.
struct Settings {
  struct App {
    std::string handler;         ///< `pkg.mod.attr`, `pkg.mod:factory()`, ...
    std::filesystem::path root;  ///< absolute; working directory of the workers
    std::string python;          ///< interpreter: absolute path, symbolic links kept
    std::string mount;           ///< empty, or `/prefix` without a slash at the end
  } app;

  struct Server {
    std::string listen;  ///< FastCGI: `unix:PATH`, `tcp:HOST:PORT`, or empty
    std::string http;    ///< embedded HTTP front end: `tcp:HOST:PORT`, or empty
    unsigned socket_mode = 0660;
    std::string socket_owner;  ///< `USER[:GROUP]`, or empty
    unsigned workers = 1;      ///< processes
    unsigned threads = 4;      ///< slots in each
    unsigned queue = 100;      ///< waiting requests, above it 503
    bool show_errors = false;  ///< tracebacks on error pages
  } server;
};

/// One thing wrong with the settings, and where it stands.
struct SettingProblem {
  std::string source;  ///< `command line`, `environment`, `FILE:LINE`, `FILE` if all of it is
                       ///< meant, or `default` if the setting is missing
  std::string text;    ///< names the setting, the cause and the remedy
};

/// Where one setting's value came from, for the log.
struct SettingOrigin {
  std::string key;     ///< `app.handler`, ...
  std::string value;   ///< printable
  std::string source;  ///< as SettingProblem::source
};

struct LoadedSettings {
  Settings settings;
  std::vector<SettingOrigin> origins;    ///< in the order of the table
  std::vector<SettingProblem> problems;  ///< all of them; usable only if empty
};

/// Values given as options, by setting key (`app.handler` -> text).
struct CommandLineValue {
  std::string key;
  std::string value;
};

/// What `holdfast dev` changes: show_errors defaults to on.
enum class SiteKind { kServe, kDev };

/// Reads all sources, strongest first: command line, environment,
/// `holdfast.yaml` in the app root (or `config_file`), defaults.
/// \param environment  looked up by name; injected for tests
/// \param config_file  that of `--config`; absent: `holdfast.yaml` in the app root, if it is there
///
/// Never throws for wrong input: see LoadedSettings::problems.
LoadedSettings loadSettings(SiteKind kind, const std::vector<CommandLineValue>& command_line,
                            std::optional<std::string> (*environment)(const char* name),
                            const std::optional<std::filesystem::path>& config_file);

}  // namespace holdfast
