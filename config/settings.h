/// \file settings.h
/// Every setting that the host knows, as one plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/secret.h"

namespace holdfast {

/// One variable for the workers' environment.
struct EnvironmentVariable {
  std::string name;
  std::string value;
  bool operator==(const EnvironmentVariable&) const = default;
};

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// What the site is set to. Built once by loadSettings(); read-only afterwards.
struct Settings {
  struct App {
    std::string handler;                  ///< `pkg.mod.attr`, `pkg.mod:factory()`, ...
    std::filesystem::path root;           ///< absolute; working directory of the workers
    std::string python;                   ///< interpreter: absolute path, symbolic links kept
    std::vector<std::string> pythonpath;  ///< folders: absolute, variables expanded
    std::string mount;                    ///< empty, or `/prefix` without a slash at the end
    /// What the workers' environment has more than that of this process: appSettings, then
    /// app.env; names that this process has are left out already. Never the debugger's secret.
    std::vector<EnvironmentVariable> environment;
    bool script_name_from_server = false;  ///< AllowPathInfoForScriptMappings
    std::string virtualenv_handler;   ///< WSGI_ALT_VIRTUALENV_HANDLER; `handler` has it already
    std::string virtualenv_activate;  ///< absolute path of an activate_this.py to run, or empty
    std::string virtualenv_python;    ///< the interpreter that stood in its place, or empty
    Secret telemetry_key;             ///< of Application Insights
  } app;

  struct Server {
    std::string listen;   ///< FastCGI: `unix:PATH`, `tcp:HOST:PORT`, or empty
    std::string http;     ///< embedded HTTP front end: `tcp:HOST:PORT`, or empty
    std::string channel;  ///< debug channel: `unix:PATH`, `tcp:HOST:PORT`, or empty
    /// PEM files for TLS on a TCP debug channel, absolute; both or none.
    std::filesystem::path channel_certificate;
    std::filesystem::path channel_key;
    unsigned socket_mode = 0660;
    std::string socket_owner;  ///< `USER[:GROUP]`, or empty
    unsigned workers = 1;      ///< processes
    unsigned threads = 4;      ///< slots in each
    unsigned queue = 100;      ///< waiting requests, above it 503
    bool show_errors = false;  ///< tracebacks on error pages
    /// From whom forwarding headers are believed: `unix`, `10.0.0.1`, `10.0.0.0/8`, `fe80::/10`;
    /// host bits are zero, IPv6 is in its shortest form.
    std::vector<std::string> trusted_hops{"unix"};
    std::uint64_t max_body = std::uint64_t{1} << 30;     ///< bytes of one request; above it 413
    std::uint64_t body_memory = std::uint64_t{1} << 20;  ///< bytes; what is above it is spilled
    std::chrono::milliseconds request_timeout{90'000};
    std::chrono::milliseconds send_timeout{60'000};  ///< for a client that takes nothing
    std::chrono::milliseconds stop_timeout{30'000};  ///< for draining
    std::chrono::milliseconds linger{60'000};        ///< of a host without front processes
    unsigned recycle_after = 0;                      ///< requests; 0: never
    std::uint64_t recycle_memory = 0;                ///< bytes; 0: never
    std::chrono::milliseconds recycle_age{0};        ///< 0: never
  } server;

  struct Reload {
    std::string pattern = R"(.*((\.py)|(\.config))$)";  ///< empty: off
  } reload;

  struct Log {
    std::filesystem::path file;  ///< absolute; empty: standard error
    LogLevel level = LogLevel::kInfo;
    std::string format = "text";                        ///< or `json`
    std::uint64_t rotate_at = std::uint64_t{16} << 20;  ///< bytes of the file; 0: never
    unsigned keep = 5;                                  ///< old files
    bool requests = false;                              ///< a line for each request
  } log;

  struct Debug {
    Secret secret;        ///< empty: debugging is off
    std::string address;  ///< `HOST:PORT` on loopback; empty: any free port
    std::string path = "/ptvsd";
    std::string engine = "auto";     ///< or `debugpy`, `ptvsd`
    std::string route = "attached";  ///< or `marked`
    bool wait = false;
    std::chrono::milliseconds max_hold{3'600'000};
    std::chrono::milliseconds expires{172'800'000};
    bool allow_insecure = false;
  } debug;

  struct Hold {
    std::chrono::milliseconds patience{0};  ///< of the front end; 0: what is known of its kind
  } hold;
};

/// One thing wrong with the settings, and where it stands.
struct SettingProblem {
  std::string source;    ///< `command line`, `environment`, `FILE:LINE`, `FILE` if all of it is
                         ///< meant, or `default` if the setting is missing
  std::string text;      ///< names the setting, the cause and the remedy
  std::string key = {};  ///< of the setting, as SettingOrigin::key; empty: none alone is meant
};

/// Where one setting's value came from, for the log.
struct SettingOrigin {
  std::string key;     ///< `app.handler`, ...
  std::string value;   ///< printable; of a secret: whether there is one
  std::string source;  ///< as SettingProblem::source
};

/// Where a variable of Settings::App::environment came from. Its value may be a secret of the app.
struct VariableOrigin {
  std::string name;    ///< printable
  std::string source;  ///< `FILE:LINE`
};

struct LoadedSettings {
  Settings settings;
  std::vector<SettingOrigin> origins;  ///< in the order of the table
  std::vector<VariableOrigin> variables;
  std::vector<SettingProblem> problems;  ///< all of them; usable only if empty
  std::vector<std::string> notices;      ///< usable, but worth a warning
  /// Files of settings that were read, or would have been if they were there; absolute. Also with
  /// problems: mending one of them may be the remedy.
  std::vector<std::filesystem::path> files;
};

/// Values given as options, by setting key (`app.handler` -> text).
struct CommandLineValue {
  std::string key;
  std::string value;
};

/// What `holdfast dev` changes: show_errors and log.requests default to on.
enum class SiteKind { kServe, kDev };

/// Reads all sources, strongest first: command line, environment, `web.config` in the app root,
/// `holdfast.yaml` in the app root (or `config_file`), defaults.
/// \param environment  looked up by name; injected for tests
/// \param directory  what relative paths of options and environment are meant from, and the default
///   app root; absolute, empty: there is none. The same at each reload, wherever this process is.
/// \param config_file  that of `--config`; absent: `holdfast.yaml` in the app root, if it is there
/// \param variables  names of all environment variables, to warn of misspelt ones
///
/// Never throws for wrong input: see LoadedSettings::problems.
LoadedSettings loadSettings(SiteKind kind, const std::vector<CommandLineValue>& command_line,
                            std::optional<std::string> (*environment)(const char* name),
                            const std::filesystem::path& directory,
                            const std::optional<std::filesystem::path>& config_file,
                            const std::vector<std::string>& variables = {});

}  // namespace holdfast
