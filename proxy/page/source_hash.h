/// \file source_hash.h
/// Tells a developer whether a file of the app is the one that is deployed.
#pragma once

#include <optional>
#include <string>

namespace holdfast::proxy {

/// Of a regular file below the app root, of at most 16 MiB. Reads it at once.
/// \param file  path relative to the app root, with `/`
/// \return SHA-256 in hexadecimal digits; none if there is no such file
std::optional<std::string> sourceHash(const std::string& app_root, const std::string& file);

}  // namespace holdfast::proxy
