/// \file yaml_source.h
/// The settings given in holdfast.yaml: sections of plain values.
///
///     app:
///       handler: mysite.wsgi.application
///     server:
///       workers: 4
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "config/setting_source.h"

namespace holdfast {

/// Nobody writes that much by hand, and yaml-cpp needs a multiple of it in memory.
inline constexpr std::size_t kMaxYamlBytes = 1024 * 1024;

/// Reads the file, whatever it is. Throws nothing of yaml-cpp's.
SourceContents readYaml(const std::filesystem::path& file);

/// The same of a text in memory. \param file  names it, and its directory is where relative paths
/// are meant from
SourceContents parseYaml(const std::string& text, const std::filesystem::path& file);

}  // namespace holdfast
