#include "host/site/settings_change.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "config/printable.h"

namespace holdfast {

namespace {

namespace fs = std::filesystem;

bool isFixed(const std::string& key) {
  static const std::set<std::string, std::less<>> kFixed = {
      "server.listen", "server.socket_mode", "server.socket_owner",
      "server.http",   "server.channel",     "app.root",
      "log.file",      "log.format",         "log.rotate_at",
      "log.keep"};
  return kFixed.contains(key);
}

void keepFixed(const Settings& now, Settings& next) {
  next.server.listen = now.server.listen;
  next.server.socket_mode = now.server.socket_mode;
  next.server.socket_owner = now.server.socket_owner;
  next.server.http = now.server.http;
  next.server.channel = now.server.channel;
  next.app.root = now.app.root;
  const Settings::Log log = next.log;
  next.log = now.log;
  next.log.level = log.level;
  next.log.requests = log.requests;
}

}  // namespace

std::vector<SettingsChange::Line> SettingsChange::settle(const LoadedSettings& now,
                                                         LoadedSettings& next) {
  std::vector<Line> lines;
  for (const std::string& notice : next.notices) {
    if (std::find(now.notices.begin(), now.notices.end(), notice) == now.notices.end()) {
      lines.push_back({LogLevel::kWarning, notice});
    }
  }
  for (std::size_t i = 0; i < std::min(now.origins.size(), next.origins.size()); ++i) {
    const SettingOrigin& before = now.origins[i];
    SettingOrigin& after = next.origins[i];
    const std::string what =
        "setting " + after.key + " = " + after.value + " (" + after.source + ")";
    if (before.value == after.value) {
      waiting_.erase(after.key);
    } else if (!isFixed(after.key)) {
      lines.push_back({LogLevel::kInfo, what});
    } else {
      std::string& said = waiting_[after.key];
      if (said != what) {
        lines.push_back({LogLevel::kWarning, what + " takes effect when the host is started anew"});
      }
      said = what;
      after = before;
    }
  }
  keepFixed(now.settings, next.settings);
  return lines;
}

std::string describe(const SettingProblem& problem, const LoadedSettings& before) {
  const auto origin = std::find_if(
      before.origins.begin(), before.origins.end(),
      [&](const SettingOrigin& known) { return !problem.key.empty() && known.key == problem.key; });
  const bool lost = problem.source == "default" && origin != before.origins.end() &&
                    origin->source != problem.source;
  if (!lost) return problem.source + ": " + problem.text;
  const auto file =
      std::find_if(before.files.begin(), before.files.end(), [&](const fs::path& path) {
        return origin->source.starts_with(printable(path.string()) + ':');
      });
  std::error_code error;
  const bool gone = file != before.files.end() && !fs::exists(*file, error);
  return (gone ? printable(file->string()) + " is not there any more, and nothing else says "
               : "nothing says any more, as " + origin->source + " did, ") +
         "what " + problem.key + " is: " + problem.text;
}

}  // namespace holdfast
