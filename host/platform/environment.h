/// \file environment.h
/// The environment of this process.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// All of it, as `NAME=value`. Not while another thread changes it.
std::vector<std::string> currentEnvironment();
/// One variable, if it is set.
std::optional<std::string> environmentVariable(const char* name);

/// The current folder, by the name by which whoever started us came there: symbolic links are kept
/// (PWD, as `pwd -L` has it). Absolute; empty: it is not there any more.
std::filesystem::path startDirectory();

}  // namespace holdfast
