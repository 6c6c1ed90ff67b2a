/// \file command_line_source.h
/// The settings given as options.
#pragma once

#include <filesystem>
#include <vector>

#include "config/setting_source.h"

namespace holdfast {

/// \param directory  the current one, from which users mean their paths
/// Of several values for one key the last one counts, as later options override earlier ones.
SourceContents readCommandLine(const std::vector<CommandLineValue>& options,
                               const std::filesystem::path& directory);

}  // namespace holdfast
