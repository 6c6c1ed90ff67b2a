/// \file app_settings.h
/// The collection that .NET makes of <appSettings>: keys without regard to case, last one wins.
/// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct AppSetting {
  std::string key;
  std::string value;
  std::string source;  ///< as SettingProblem::source
};

class AppSettings {
 public:
  void add(AppSetting setting);
  /// A key that is not there is no mistake.
  void remove(std::string_view key);
  void clear() { entries_.clear(); }

  /// \return nullptr if there is none; valid until the next change
  const AppSetting* find(std::string_view key) const;
  /// In the order in which their keys came.
  const std::vector<AppSetting>& entries() const { return entries_; }

 private:
  std::vector<AppSetting> entries_;
};

}  // namespace holdfast
