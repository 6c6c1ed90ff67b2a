/// \file expand_variables.h
/// PYTHONPATH as people write it, with variables in it. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/setting_source.h"

namespace holdfast {

/// Replaces `%NAME%` and `${NAME}` by variables of the environment, else of `more`. As names are
/// written without regard to case on Windows, `%Name%` also means `NAME`, and that of any case in
/// `more`. What stands for no variable stays, as Windows leaves it.
/// \param[out] unknown  names that no variable has
std::string expandVariables(std::string_view text, EnvironmentLookup environment,
                            const std::vector<EnvironmentVariable>& more,
                            std::vector<std::string>& unknown);

/// Splits at what separates folders on this platform. Relative ones are meant from `root`.
std::vector<std::string> splitPythonpath(std::string_view text, const std::filesystem::path& root);

/// As Python reads it from PYTHONPATH.
std::string joinPythonpath(const std::vector<std::string>& folders);

}  // namespace holdfast
