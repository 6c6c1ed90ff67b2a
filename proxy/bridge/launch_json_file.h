/// \file launch_json_file.h
#pragma once

#include <filesystem>
#include <string>

#include "proxy/bridge/launch_json.h"

namespace holdfast::proxy {

/// Puts the entry into `.vscode/launch.json` below a folder. The file is replaced as a whole, or
/// stays as it was. Throws std::runtime_error with file and cause.
/// \return what was done, for a person
std::string writeLaunchEntry(const std::filesystem::path& folder, const LaunchEntry& entry);

}  // namespace holdfast::proxy
