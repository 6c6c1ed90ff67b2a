/// \file setting_source.h
/// What every source of settings gives: texts by key, and where each of them stands. A new source
/// is a new function that returns these; precedence stays one loop (load_settings.cpp).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"

namespace holdfast {

/// Decides how a setting is spelt: `--workers`, `WSGI_WORKERS` or `server.workers`.
enum class SourceKind { kCommandLine, kEnvironment, kWebConfig, kYaml };

/// Looks up an environment variable; tests put their own in its place.
using EnvironmentLookup = std::optional<std::string> (*)(const char* name);

/// One setting as one source has it, not yet checked.
struct SourceValue {
  std::string key;                  ///< Setting::key
  std::string text;                 ///< meaningless where `fault` is set
  std::string fault;                ///< why there is no text: "is a list, but ..."; mostly empty
  SourceKind kind;                  ///< of the source
  std::string source;               ///< as SettingProblem::source
  std::filesystem::path directory;  ///< what a relative path in `text` is meant from; absolute
  std::string name = "";            ///< how it is spelt there, if not as spelling() would
};

/// One variable that a source has for the environment of the workers.
struct SourceVariable {
  std::string name;
  std::string value;
  std::string source;  ///< as SettingProblem::source
};

/// All that one source says.
struct SourceContents {
  std::vector<SourceValue> values;
  std::vector<SourceVariable> variables;
  std::vector<SettingProblem> problems;  ///< those that belong to no single setting
  std::vector<std::string> notices;      ///< as LoadedSettings::notices
  /// That were read, or would have been if they were there; absolute.
  std::vector<std::filesystem::path> files;
  bool complete = true;  ///< false: unreadable as a whole, so what it sets is unknown
};

}  // namespace holdfast
