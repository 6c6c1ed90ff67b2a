#include "config/setting_table.h"

#include <algorithm>

#include "config/letter_case.h"
#include "config/setting_rows.h"

namespace holdfast {
namespace {

std::vector<Setting> allRows() {
  std::vector<Setting> all;
  for (const std::span<const Setting> rows : {appRows(), serverRows(), debugRows()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

template <typename Predicate>
const Setting* findRow(Predicate predicate) {
  const std::span<const Setting> table = settingTable();
  const auto found = std::find_if(table.begin(), table.end(), predicate);
  return found == table.end() ? nullptr : &*found;
}

bool isVariable(const char* variable, std::string_view name) {
  return variable && equalsIgnoringCase(variable, name);
}

}  // namespace

std::span<const Setting> settingTable() {
  static const std::vector<Setting> table = allRows();
  return table;
}

const Setting* findSetting(std::string_view key) {
  return findRow([&](const Setting& setting) { return setting.key == key; });
}

const Setting* findSettingOfVariable(std::string_view name) {
  return findRow([&](const Setting& setting) {
    return isVariable(setting.environment, name) || isVariable(setting.old_environment, name);
  });
}

bool isHiddenFromApp(std::string_view variable) {
  return isVariable(findSetting("debug.secret")->environment, variable);
}

std::string_view sectionOf(std::string_view key) { return key.substr(0, key.find('.')); }

std::string_view nameInSection(std::string_view key) { return key.substr(key.find('.') + 1); }

std::string spelling(const Setting& setting, SourceKind kind) {
  const char* name = nullptr;
  if (kind == SourceKind::kCommandLine) name = setting.option;
  if (kind == SourceKind::kEnvironment || kind == SourceKind::kWebConfig) {
    name = setting.environment;
  }
  return name ? name : setting.key;
}

std::string assignment(const Setting& setting, SourceKind kind, std::string_view value) {
  const std::string name = spelling(setting, kind);
  switch (kind) {
    case SourceKind::kCommandLine:
      return name + ' ' + std::string(value);
    case SourceKind::kEnvironment:
      return name + '=' + std::string(value);
    case SourceKind::kWebConfig:
      return "<add key=\"" + name + "\" value=\"" + std::string(value) + "\"/>";
    case SourceKind::kYaml:
      break;
  }
  const std::string line = '"' + std::string(nameInSection(name)) + ": " + std::string(value) + '"';
  if (name.find('.') == std::string::npos) return line;
  return line + " under \"" + std::string(sectionOf(name)) + ":\"";
}

std::string demand(const Setting& setting) {
  std::string text;
  if (setting.environment) {
    text += std::string(setting.environment) +
            " env var must be set, or the appSetting of that name in web.config, or ";
  }
  text += std::string(setting.key) + " in holdfast.yaml";
  if (setting.option) text += std::string(", or ") + setting.option + " on the command line";
  return text;
}

}  // namespace holdfast
