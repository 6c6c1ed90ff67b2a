#include "config/command_line_source.h"

#include <cassert>

#include "config/setting_table.h"

namespace holdfast {

SourceContents readCommandLine(const std::vector<CommandLineValue>& options,
                               const std::filesystem::path& directory) {
  SourceContents contents;
  // Backwards, because the first value of a key is the one that counts.
  for (auto option = options.rbegin(); option != options.rend(); ++option) {
    assert(findSetting(option->key) && "an option without a row in the table");
    contents.values.push_back(
        {option->key, option->value, "", SourceKind::kCommandLine, "command line", directory});
  }
  return contents;
}

}  // namespace holdfast
