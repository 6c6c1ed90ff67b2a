#include "config/environment_source.h"

#include "config/setting_table.h"

namespace holdfast {
namespace {

bool isSet(const std::optional<std::string>& text, const Setting& setting) {
  return text && (!text->empty() || setting.empty_counts);
}

}  // namespace

SourceContents readEnvironment(EnvironmentLookup environment,
                               const std::filesystem::path& directory) {
  SourceContents contents;
  for (const Setting& setting : settingTable()) {
    for (const char* name : {setting.environment, setting.old_environment}) {
      const std::optional<std::string> text = name ? environment(name) : std::nullopt;
      if (!isSet(text, setting)) continue;
      contents.values.push_back(
          {setting.key, *text, "", SourceKind::kEnvironment, "environment", directory, name});
      break;
    }
  }
  return contents;
}

}  // namespace holdfast
