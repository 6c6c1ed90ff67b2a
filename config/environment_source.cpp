#include "config/environment_source.h"

#include "config/setting_table.h"

namespace holdfast {

SourceContents readEnvironment(EnvironmentLookup environment,
                               const std::filesystem::path& directory) {
  SourceContents contents;
  for (const Setting& setting : settingTable()) {
    if (!setting.environment) continue;
    const std::optional<std::string> text = environment(setting.environment);
    if (!text || text->empty()) continue;
    contents.values.push_back(
        {setting.key, *text, "", SourceKind::kEnvironment, "environment", directory});
  }
  return contents;
}

}  // namespace holdfast
