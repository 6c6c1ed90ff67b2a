/// \file environment.h
/// The environment of this process.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// All of it, as `NAME=value`. Not while another thread changes it.
std::vector<std::string> currentEnvironment();
/// One variable, if it is set.
std::optional<std::string> environmentVariable(const char* name);

}  // namespace holdfast
