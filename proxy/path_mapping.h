/// \file path_mapping.h
/// Folders of the developer's machine and of the server, by text alone: neither system's rules are
/// those of the machine that we run on. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::proxy {

/// Where files that the debugger names stand on the server.
struct PathMapping {
  std::string local;   ///< folder of the developer's
  std::string remote;  ///< the same on the server
};

/// `C:\site`, `c:/site`, `\\server\share`.
bool isWindowsPath(std::string_view path);

/// Whether both name the same folder; on Windows in any case, with either separator.
bool isSameFolder(std::string_view a, std::string_view b);

/// \return `path` from `folder` on, with / between its parts; nothing if it is not below it
std::optional<std::string> pathBelow(std::string_view path, std::string_view folder);

/// \return where `path` is on the server by the longest mapping that fits; itself if none does
std::string remotePath(std::string_view path, const std::vector<PathMapping>& mappings);

}  // namespace holdfast::proxy
