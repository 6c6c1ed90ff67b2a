/// \file settings_change.h
/// What a reload makes of settings that were read anew.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/settings.h"

namespace holdfast {

/// Remembers what it has said: the same is not said at each reload. Pure.
class SettingsChange {
 public:
  struct Line {
    LogLevel level;
    std::string text;
  };

  /// Keeps in `next` what cannot change while the host runs.
  /// \param now  those in effect; both without problems
  /// \return for the log: what changes, and what would
  std::vector<Line> settle(const LoadedSettings& now, LoadedSettings& next);

 private:
  std::map<std::string, std::string> waiting_;  ///< by key: values that were said to wait
};

/// `source: text`; of a setting that is missing, what has become of the place where it stood.
/// \param before  those in effect. Looks whether their files are still there.
std::string describe(const SettingProblem& problem, const LoadedSettings& before);

}  // namespace holdfast
