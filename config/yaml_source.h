/// \file yaml_source.h
/// The settings given in holdfast.yaml: sections of plain values.
///
///     app:
///       handler: mysite.wsgi.application
///     server:
///       workers: 4
#pragma once

#include <filesystem>
#include <string>

#include "config/setting_source.h"

namespace holdfast {

/// Reads the file, whatever it is. Throws nothing of yaml-cpp's.
SourceContents readYaml(const std::filesystem::path& file);

/// The same of a text in memory. \param file  names it, and its directory is where relative paths
/// are meant from
SourceContents parseYaml(const std::string& text, const std::filesystem::path& file);

}  // namespace holdfast
