/// \file setting_table.h
/// The settings that exist: one row for each, in the order in which they are listed and applied.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting_source.h"
#include "config/setting_values.h"
#include "config/settings.h"

namespace holdfast {

/// What a value can depend on besides its text.
struct SettingContext {
  SiteKind kind;
  EnvironmentLookup environment;    ///< for PATH, and for variables in a text
  std::filesystem::path directory;  ///< what relative paths are meant from; empty: not known
  std::vector<std::string>* notices = nullptr;  ///< takes clauses that continue `NAME ...`, if set
};

/// One setting. Its functions rely on the rows above it having been applied.
struct Setting {
  const char* key;          ///< in holdfast.yaml: `section.name`, or a word for one without section
  const char* environment;  ///< variable, or nullptr
  const char* option;       ///< of the command line, with its dashes, or nullptr
  bool in_yaml;
  const char* meaning;  ///< one line with the default, for `--help`
  const char* example;  ///< a good value, for messages

  Objection (*parse)(const std::string& text, const SettingContext& context, Settings& settings);
  std::string (*print)(const Settings& settings);

  /// nullptr: the value in Settings is the default. An objection: there is no default, or it
  /// cannot be had here; a clause of its own.
  Objection (*set_default)(const SettingContext& context, Settings& settings) = nullptr;
  const char* old_environment = nullptr;  ///< a second, weaker variable
  const char* list_separator = nullptr;   ///< joins a list of holdfast.yaml; nullptr: may be none
  bool variables = false;     ///< in holdfast.yaml a mapping of names to values, applied elsewhere
  bool secret = false;        ///< its text must not be shown
  bool empty_counts = false;  ///< an empty variable is a value
  bool for_dev = true;        ///< false: `holdfast dev` takes no notice of it
  bool in_effect = true;      ///< false: checked, but nothing in the host asks for it yet
};

std::span<const Setting> settingTable();

/// \return nullptr if there is none
const Setting* findSetting(std::string_view key);

/// By one of its variables, in any case, as names on Windows are. \return nullptr if there is none
const Setting* findSettingOfVariable(std::string_view name);

/// The debugger's secret: the app, and all that it starts, could read it in its environment.
bool isHiddenFromApp(std::string_view variable);

/// The two halves of `server.workers`; both are the whole of a key without section.
std::string_view sectionOf(std::string_view key);
std::string_view nameInSection(std::string_view key);

/// The setting as users of that source write it: `--workers`, `WSGI_WORKERS`, `server.workers`.
std::string spelling(const Setting& setting, SourceKind kind);

/// The setting with a value as users of that source write it: `WSGI_WORKERS=4`.
std::string assignment(const Setting& setting, SourceKind kind, std::string_view value);

/// All places where it can be set, for one that is missing: `A env var must be set, or ...`.
std::string demand(const Setting& setting);

}  // namespace holdfast
