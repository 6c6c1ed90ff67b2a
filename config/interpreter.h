/// \file interpreter.h
/// Which Python runs the site. Symbolic links are kept everywhere: a virtual environment is found
/// by Python from the path that it was started with.
#pragma once

#include <filesystem>
#include <string>

#include "config/setting_source.h"
#include "config/setting_values.h"

namespace holdfast {

/// \param text  a path, relative to `app_root`, or a bare name, to be found on PATH
/// \param[out] value  absolute path of an executable
Objection findInterpreter(const std::string& text, const std::filesystem::path& app_root,
                          EnvironmentLookup environment, std::string& value);

/// The virtual environment in the app root (`.venv`, then `venv`), else `python3` on PATH.
/// \return an objection also if a virtual environment is there whose interpreter cannot be executed
///   (often: the Python that it was made from is gone), as the site's packages would be missing
Objection findDefaultInterpreter(const std::filesystem::path& app_root,
                                 EnvironmentLookup environment, std::string& value);

}  // namespace holdfast
