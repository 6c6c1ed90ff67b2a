/// \file load_settings.cpp
/// Where the sources meet: the strongest value of each setting, all problems, all origins.
#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "config/command_line_source.h"
#include "config/environment_source.h"
#include "config/printable.h"
#include "config/setting_source.h"
#include "config/setting_table.h"
#include "config/settings.h"
#include "config/yaml_source.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultSource = "default";
constexpr const char* kYamlFile = "holdfast.yaml";

/// Adds a source that is weaker than those before it.
void append(SourceContents& all, SourceContents weaker) {
  std::move(weaker.values.begin(), weaker.values.end(), std::back_inserter(all.values));
  std::move(weaker.problems.begin(), weaker.problems.end(), std::back_inserter(all.problems));
  all.complete = all.complete && weaker.complete;
}

/// \return nullptr if no source has it
const SourceValue* strongest(const SourceContents& sources, std::string_view key) {
  const auto found = std::find_if(sources.values.begin(), sources.values.end(),
                                  [&](const SourceValue& value) { return value.key == key; });
  return found == sources.values.end() ? nullptr : &*found;
}

/// Takes over one value. \return what is wrong with it, for people; empty: nothing
std::string applyValue(const Setting& setting, const SourceValue& value, SettingContext context,
                       Settings& settings) {
  const std::string name = spelling(setting, value.kind);
  const std::string remedy = "; for example " + assignment(setting, value.kind, setting.example);
  if (!value.fault.empty()) return name + ' ' + value.fault + remedy;

  context.directory = value.directory;
  const bool controls = std::any_of(value.text.begin(), value.text.end(), isControl);
  const Objection objection = controls ? "must not contain control characters"
                                       : setting.parse(value.text, context, settings);
  if (!objection) return {};
  return name + " is " + inQuotes(value.text) + ", but " + *objection + remedy;
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

void applySetting(const Setting& setting, const SourceContents& sources,
                  const SettingContext& context, LoadedSettings& loaded) {
  const SourceValue* const value = strongest(sources, setting.key);
  // What is missing may well stand in the file that could not be read, so nobody is told to set it.
  const bool sure = value || sources.complete;
  const std::string problem = value ? applyValue(setting, *value, context, loaded.settings)
                                    : applyDefault(setting, context, loaded.settings);
  const std::string source = value ? value->source : kDefaultSource;
  if (problem.empty()) {
    loaded.origins.push_back({setting.key, printable(setting.print(loaded.settings)), source});
  } else if (sure) {
    loaded.problems.push_back({source, printable(problem)});
  }
}

/// Which holdfast.yaml counts depends on the app root that the stronger sources name.
/// \return empty if it cannot be told; the problem of a value is left to applySetting()
fs::path rootBeforeFiles(SourceContents& sources, const SettingContext& context) {
  const Setting& setting = *findSetting("app.root");
  const SourceValue* const value = strongest(sources, setting.key);
  Settings settings;
  const std::string problem = value ? applyValue(setting, *value, context, settings)
                                    : applyDefault(setting, context, settings);
  if (problem.empty()) return settings.app.root;
  if (!value) sources.problems.push_back({kDefaultSource, problem});
  return {};
}

/// \param root  the app root, or empty if it cannot be told
/// \return the contents of the holdfast.yaml in it, if there is one
SourceContents readYamlOfSite(const fs::path& root) {
  SourceContents none;
  none.complete = !root.empty();
  if (root.empty()) return none;
  const fs::path file = root / kYamlFile;
  // A symbolic link that leads nowhere is meant to be read, so it must not pass for no file.
  std::error_code error;
  const bool absent = fs::symlink_status(file, error).type() == fs::file_type::not_found;
  return absent ? none : readYaml(file);
}

}  // namespace

LoadedSettings loadSettings(SiteKind kind, const std::vector<CommandLineValue>& command_line,
                            std::optional<std::string> (*environment)(const char* name),
                            const std::optional<fs::path>& config_file) {
  std::error_code error;
  const SettingContext context{kind, environment, fs::current_path(error)};

  SourceContents sources = readCommandLine(command_line, context.directory);
  append(sources, readEnvironment(environment, context.directory));
  append(sources,
         config_file ? readYaml(*config_file) : readYamlOfSite(rootBeforeFiles(sources, context)));

  LoadedSettings loaded;
  loaded.problems = sources.problems;
  for (const Setting& setting : settingTable()) applySetting(setting, sources, context, loaded);
  return loaded;
}

}  // namespace holdfast
