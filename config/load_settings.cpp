/// \file load_settings.cpp
/// Where the sources meet: the strongest value of each setting, all problems, all origins.
#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "config/command_line_source.h"
#include "config/environment_source.h"
#include "config/nearest_key.h"
#include "config/printable.h"
#include "config/setting_source.h"
#include "config/setting_table.h"
#include "config/settings.h"
#include "config/virtualenv_proxy.h"
#include "config/web_config_source.h"
#include "config/yaml_source.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultSource = "default";
constexpr const char* kYamlFile = "holdfast.yaml";

template <typename Element>
void append(std::vector<Element>& all, const std::vector<Element>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

/// Adds a source that is weaker than those before it.
void append(SourceContents& all, const SourceContents& weaker) {
  append(all.values, weaker.values);
  append(all.variables, weaker.variables);
  append(all.problems, weaker.problems);
  append(all.notices, weaker.notices);
  append(all.files, weaker.files);
  all.complete = all.complete && weaker.complete;
}

std::string nameOf(const Setting& setting, const SourceValue& value) {
  return value.name.empty() ? spelling(setting, value.kind) : value.name;
}

/// Takes over one value. \return what is wrong with it, for people; empty: nothing
std::string applyValue(const Setting& setting, const SourceValue& value, SettingContext context,
                       Settings& settings) {
  const std::string name = nameOf(setting, value);
  const std::string remedy = "; for example " + assignment(setting, value.kind, setting.example);
  if (!value.fault.empty()) return name + ' ' + value.fault + remedy;

  context.directory = value.directory;
  const bool controls = std::any_of(value.text.begin(), value.text.end(), isControl);
  const Objection objection = controls ? "must not contain control characters"
                                       : setting.parse(value.text, context, settings);
  if (!objection) return {};
  const std::string what = setting.secret ? "set" : inQuotes(value.text);
  return name + " is " + what + ", but " + *objection + remedy;
}

/// The same for a setting that no source has.
std::string applyDefault(const Setting& setting, const SettingContext& context,
                         Settings& settings) {
  if (!setting.set_default) return {};
  const Objection objection = setting.set_default(context, settings);
  if (!objection) return {};
  return demand(setting) + ": " + *objection + "; for example " +
         assignment(setting, SourceKind::kEnvironment, setting.example);
}

void noteApplied(const Setting& setting, const SourceValue& value,
                 const std::vector<std::string>& clauses, std::vector<std::string>& notices) {
  const std::string place = " (" + value.source + ") ";
  for (const std::string& clause : clauses) {
    notices.push_back(nameOf(setting, value) + place + clause);
  }
  if (setting.in_effect) return;
  notices.push_back(std::string(setting.key) + " is set (" + value.source +
                    ") but has no effect in this version");
}

void applySetting(const Setting& setting, const SourceContents& sources, SettingContext context,
                  LoadedSettings& loaded) {
  const SourceValue* value = strongest(sources, setting.key);
  const auto stand_in = virtualenvStandIn(setting, value, sources, loaded.settings);
  if (stand_in) value = &*stand_in;
  std::vector<std::string> clauses;
  context.notices = &clauses;
  // What is missing may well stand in the file that could not be read, so nobody is told to set it.
  const bool sure = value || sources.complete;
  const std::string problem = value ? applyValue(setting, *value, context, loaded.settings)
                                    : applyDefault(setting, context, loaded.settings);
  const std::string source = value ? value->source : kDefaultSource;
  if (problem.empty()) {
    loaded.origins.push_back({setting.key, printable(setting.print(loaded.settings)), source});
    if (value) noteApplied(setting, *value, clauses, loaded.notices);
  } else if (sure) {
    loaded.problems.push_back({source, printable(problem), setting.key});
  }
}

/// Whether a variable of this process keeps the same one of a file from the workers.
bool isTaken(const std::string& name, EnvironmentLookup environment) {
  const std::optional<std::string> value = environment(name.c_str());
  if (!value) return false;
  // One that is empty counts as unset where it is a setting, so here too.
  const Setting* const setting = findSettingOfVariable(name);
  return !value->empty() || !setting || setting->empty_counts;
}

void applyVariables(const SourceContents& sources, EnvironmentLookup environment,
                    LoadedSettings& loaded) {
  std::set<std::string> names;
  for (const SourceVariable& variable : sources.variables) {
    const std::string& name = variable.name;
    if (isHiddenFromApp(name) || isTaken(name, environment)) continue;
    if (!names.insert(name).second) continue;
    loaded.settings.app.environment.push_back({name, variable.value});
    loaded.variables.push_back({printable(name), variable.source});
  }
}

/// \return the app root that the sources name, or empty with the problem
fs::path rootOf(const SourceContents& sources, const SettingContext& context,
                std::string& problem) {
  const Setting& setting = *findSetting("app.root");
  const SourceValue* const value = strongest(sources, setting.key);
  Settings settings;
  problem = value ? applyValue(setting, *value, context, settings)
                  : applyDefault(setting, context, settings);
  return problem.empty() ? settings.app.root : fs::path();
}

/// \return the contents of the holdfast.yaml in the app root, if there is one
SourceContents readYamlOfSite(const fs::path& root) {
  const fs::path file = root / kYamlFile;
  // A symbolic link that leads nowhere is meant to be read, so it must not pass for no file.
  std::error_code error;
  const bool absent = fs::symlink_status(file, error).type() == fs::file_type::not_found;
  if (!absent) {
    SourceContents contents = readYaml(file);
    contents.files = {file};
    return contents;
  }
  SourceContents none;
  none.files = {file};
  const fs::path other = root / "holdfast.yml";
  if (fs::exists(other, error)) {
    none.notices.push_back(printable(other.string()) + " is not read: call it " + kYamlFile);
  }
  return none;
}

/// Adds the files. Which ones count depends on the app root that stronger sources name, or the file
/// of --config.
void appendFiles(SourceContents& sources, const std::optional<fs::path>& config_file,
                 const SettingContext& context) {
  SourceContents yaml;
  if (config_file) {
    const fs::path file = context.directory / *config_file;
    yaml = readYaml(file);
    yaml.files = {file};
  }
  SourceContents known = sources;
  append(known, yaml);
  std::string problem;
  const fs::path root = rootOf(known, context, problem);
  if (!root.empty()) {
    append(sources, readWebConfig(root));
  } else {
    // The problem of a value is left to applySetting().
    if (!strongest(known, "app.root")) sources.problems.push_back({kDefaultSource, problem});
    sources.complete = false;
  }
  if (!config_file) {
    const fs::path yaml_root = rootOf(sources, context, problem);
    if (!yaml_root.empty()) yaml = readYamlOfSite(yaml_root);
    yaml.complete = yaml.complete && !yaml_root.empty();
  }
  append(sources, yaml);
}

void noteMisspelt(const std::vector<std::string>& variables, std::vector<std::string>& notices) {
  for (const std::string& name : variables) {
    const std::string nearest = nearestVariable(name);
    if (nearest.empty()) continue;
    notices.push_back(inQuotes(name) + " (environment) is no setting; the nearest one is " +
                      nearest + ": correct the name if that is meant");
  }
}

void wipeSecrets(SourceContents& sources) {
  for (SourceValue& value : sources.values) {
    if (findSetting(value.key)->secret) wipe(value.text);
  }
}

}  // namespace

LoadedSettings loadSettings(SiteKind kind, const std::vector<CommandLineValue>& command_line,
                            std::optional<std::string> (*environment)(const char* name),
                            const fs::path& directory, const std::optional<fs::path>& config_file,
                            const std::vector<std::string>& variables) {
  const SettingContext context{kind, environment, directory};

  SourceContents sources = readCommandLine(command_line, context.directory);
  append(sources, readEnvironment(environment, context.directory));
  appendFiles(sources, config_file, context);

  LoadedSettings loaded;
  loaded.problems = sources.problems;
  loaded.notices = sources.notices;
  loaded.files = sources.files;
  noteMisspelt(variables, loaded.notices);
  applyVariables(sources, environment, loaded);
  for (const Setting& setting : settingTable()) {
    if (kind == SiteKind::kDev && !setting.for_dev) continue;
    applySetting(setting, sources, context, loaded);
  }
  wipeSecrets(sources);
  return loaded;
}

}  // namespace holdfast
