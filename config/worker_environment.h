/// \file worker_environment.h
/// The environment that the app finds itself in. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace holdfast {

/// That of this process with what the settings add, without what is hidden from the app.
/// \param process  `NAME=value`, as is the result
std::vector<std::string> workerEnvironment(const Settings& settings,
                                           const std::vector<std::string>& process);

}  // namespace holdfast
