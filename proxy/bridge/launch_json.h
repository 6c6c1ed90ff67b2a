/// \file launch_json.h
/// The configuration that makes VS Code attach, in the text of a .vscode/launch.json. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::proxy {

struct LaunchEntry {
  std::string name;  ///< `Holdfast: site.example`: by it the entry is found again
  std::string host;  ///< where the bridge listens
  std::uint16_t port = 0;
};

/// Adds the entry, or puts its `connect`, `type` and `request` right; all else, comments too, stays
/// byte for byte.
/// \param text  of the file; empty: there is none yet
/// \return nothing if the text cannot be changed
/// \param[out] problem  then: what is wrong, with its line
std::optional<std::string> withLaunchEntry(std::string_view text, const LaunchEntry& entry,
                                           std::string& problem);

}  // namespace holdfast::proxy
