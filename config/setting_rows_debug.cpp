/// \file setting_rows_debug.cpp
/// Settings that a site may leave alone: reload, log, and all of debugging.
#include "config/addresses.h"
#include "config/setting_rows.h"

namespace holdfast {
namespace {

using Log = Settings::Log;
using Debug = Settings::Debug;
using Hold = Settings::Hold;

constexpr std::size_t kShortSecret = 16;
constexpr unsigned kMaxOldLogs = 1000;

constexpr const char* kLevels[] = {"debug", "info", "warning", "error"};
constexpr const char* kFormats[] = {"text", "json"};
constexpr const char* kEngines[] = {"auto", "debugpy", "ptvsd"};
constexpr const char* kRoutes[] = {"attached", "marked"};

template <const auto& kWords>
Objection oneOf(const std::string& text, std::string& value) {
  std::size_t index = 0;
  Objection objection = parseChoice(text, kWords, index);
  if (!objection) value = kWords[index];
  return objection;
}

Objection parseLevel(const std::string& text, LogLevel& value) {
  std::size_t index = 0;
  Objection objection = parseChoice(text, kLevels, index);
  if (!objection) value = static_cast<LogLevel>(index);
  return objection;
}
std::string printLevel(const Settings& settings) {
  return kLevels[static_cast<std::size_t>(settings.log.level)];
}

Objection takeLogFile(const std::string& text, const SettingContext& context, Settings& settings) {
  return parseLogFile(text, context.directory, settings.log.file);
}

Objection defaultLogRequests(const SettingContext& context, Settings& settings) {
  settings.log.requests = context.kind == SiteKind::kDev;
  return std::nullopt;
}

Objection takeSecret(const std::string& text, const SettingContext& context, Settings& settings) {
  if (text.empty()) return "must not be empty";
  settings.debug.secret = Secret(text);
  if (text.size() < kShortSecret && context.notices) {
    context.notices->push_back("has fewer than " + std::to_string(kShortSecret) +
                               " characters: whoever guesses it can run code on this machine");
  }
  return std::nullopt;
}

constexpr auto kLog = &Settings::log;
constexpr auto kDebug = &Settings::debug;

constexpr Setting kRows[] = {
    {.key = "reload.pattern",
     .environment = "WSGI_RESTART_FILE_REGEX",
     .option = nullptr,
     .in_yaml = true,
     .meaning = "regular expression for files at whose change workers are replaced, empty is off; "
                "default: .*((\\.py)|(\\.config))$",
     .example = ".*\\.py$",
     .parse = takeValue<parsePattern, &Settings::reload, &Settings::Reload::pattern>,
     .print = printField<&Settings::reload, &Settings::Reload::pattern>,
     .empty_counts = true},
    notForDev({"log.file", "WSGI_LOG", nullptr, true, "file for the log; default: standard error",
               "/tmp/mysite.log", takeLogFile, printField<kLog, &Log::file>}),
    {"log.level", nullptr, nullptr, true,
     "the least that is logged: debug, info, warning or error; default: info", "warning",
     takeValue<parseLevel, kLog, &Log::level>, printLevel},
    row<oneOf<kFormats>, kLog, &Log::format>("log.format", nullptr, nullptr,
                                             "text or json; default: text", "json"),
    {"log.rotate_at", nullptr, nullptr, true,
     "size of the log's file at which it is renamed and a new one begun; default: 16 MiB", "64 MiB",
     takeValue<orOff<bytesWithin<kKiB, 1024 * kGiB>, std::uint64_t>, kLog, &Log::rotate_at>,
     printOrOff<kLog, &Log::rotate_at>},
    row<countWithin<0, kMaxOldLogs>, kLog, &Log::keep>(
        "log.keep", nullptr, nullptr, "old files of the log that are kept, 0 to 1000; default: 5",
        "10"),
    {"log.requests", nullptr, nullptr, true,
     "a line for each request; default: only under `holdfast dev`", "true",
     takeValue<parseSwitch, kLog, &Log::requests>, printField<kLog, &Log::requests>,
     defaultLogRequests},
    secret({"debug.secret", "WSGI_PTVSD_SECRET", nullptr, true,
            "turns debugging on for those who know it; default: off", "32-random-characters",
            takeSecret, printField<kDebug, &Debug::secret>}),
    row<parseDebugAddress, kDebug, &Debug::address>(
        "debug.address", "WSGI_PTVSD_ADDRESS", nullptr,
        "debug port on this machine, HOST:PORT; default: any free one", "127.0.0.1:5678"),
    row<parseUrlPath, kDebug, &Debug::path>("debug.path", "WSGI_PTVSD_PATH", nullptr,
                                            "path of the debug channel; default: /ptvsd", "/ptvsd"),
    row<oneOf<kEngines>, kDebug, &Debug::engine>(
        "debug.engine", "WSGI_PTVSD_ENGINE", nullptr,
        "auto, debugpy or ptvsd; default: auto, which is what the site has", "debugpy"),
    row<oneOf<kRoutes>, kDebug, &Debug::route>(
        "debug.route", nullptr, nullptr,
        "requests for the debugged worker: attached (all) or marked; default: attached", "marked"),
    row<parseSwitch, kDebug, &Debug::wait>(
        "debug.wait", "WSGI_PTVSD_WAIT", nullptr,
        "holds the app's import until a debugger is attached; default: off", "true"),
    row<timeWithin<kSecond, 30 * kDay>, kDebug, &Debug::max_hold>(
        "debug.max_hold", nullptr, nullptr, "longest time at a breakpoint; default: 1 h", "1 h"),
    row<timeWithin<kSecond, 365 * kDay>, kDebug, &Debug::expires>(
        "debug.expires", nullptr, nullptr, "time after which debugging is off; default: 48 h",
        "12 h"),
    row<parseSwitch, kDebug, &Debug::allow_insecure>(
        "debug.allow_insecure", nullptr, nullptr,
        "takes the secret without TLS from other machines; default: off", "true"),
    row<timeWithin<kSecond, kDay>, &Settings::hold, &Hold::patience>(
        "hold.patience", "HOLDFAST_PATIENCE", nullptr,
        "how long the front end waits without an answer; default: what is known of its kind",
        "90 s"),
};

}  // namespace

std::span<const Setting> debugRows() { return kRows; }

}  // namespace holdfast
