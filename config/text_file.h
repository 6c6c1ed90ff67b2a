/// \file text_file.h
/// Files of settings, which nobody writes longer than this by hand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

namespace holdfast {

inline constexpr std::size_t kMaxSettingsBytes = 1024 * 1024;

/// Reads at most one byte more than kMaxSettingsBytes, by which a longer file is told.
/// \return what went wrong, or nothing
std::error_code readTextFile(const std::filesystem::path& file, std::string& text);

}  // namespace holdfast
