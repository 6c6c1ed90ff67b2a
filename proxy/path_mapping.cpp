#include "proxy/path_mapping.h"

#include <algorithm>

#include "config/letter_case.h"
#include "config/text_parts.h"

namespace holdfast::proxy {
namespace {

/// `/` between the parts, none at the end, small letters where case does not count.
std::string comparable(std::string_view path) {
  std::string result(path);
  if (isWindowsPath(path)) {
    std::replace(result.begin(), result.end(), '\\', '/');
    result = lowerCase(result);
  }
  while (result.ends_with('/')) result.pop_back();
  return result;
}

bool hasDots(std::string_view path) {
  const auto parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(),
                     [](std::string_view part) { return part == "." || part == ".."; });
}

}  // namespace

bool isWindowsPath(std::string_view path) {
  const bool letter =
      path.size() > 2 && ((path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z'));
  const bool drive = letter && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
  return drive || path.starts_with("\\\\");
}

bool isSameFolder(std::string_view a, std::string_view b) { return comparable(a) == comparable(b); }

std::optional<std::string> pathBelow(std::string_view path, std::string_view folder) {
  const std::string above = comparable(folder) + '/';
  // Of the same length as the path itself: case is folded byte by byte.
  if (!comparable(path).starts_with(above)) return std::nullopt;
  std::string below(path.substr(above.size()));
  if (isWindowsPath(path)) std::replace(below.begin(), below.end(), '\\', '/');
  if (below.empty() || hasDots(below)) return std::nullopt;
  return below;
}

std::string remotePath(std::string_view path, const std::vector<PathMapping>& mappings) {
  const PathMapping* best = nullptr;
  for (const PathMapping& mapping : mappings) {
    const bool longer = best == nullptr || mapping.local.size() > best->local.size();
    if (longer && pathBelow(path, mapping.local)) best = &mapping;
  }
  if (best == nullptr) return std::string(path);
  const char separator = isWindowsPath(best->remote) ? '\\' : '/';
  std::string below = *pathBelow(path, best->local);
  std::replace(below.begin(), below.end(), '/', separator);
  std::string result = best->remote;
  if (!result.ends_with(separator)) result += separator;
  return result + below;
}

}  // namespace holdfast::proxy
