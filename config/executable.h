/// \file executable.h
/// What the platform calls a program, and where it keeps them.
#pragma once

#include <filesystem>

namespace holdfast {

/// Between the directories of PATH.
extern const char kPathSeparator;
/// Between the folders of PYTHONPATH, each of them: sites bring along what Windows has.
extern const char* const kPythonpathSeparators;
/// Searched where there is no PATH, as for a process that a web server starts.
extern const char* const kStandardPath;
/// The interpreter that is tried if none is set.
extern const char* const kDefaultPython;
/// The interpreter inside a virtual environment.
extern const char* const kVenvPython;

/// \return whether this process may execute the file; false for directories
bool isExecutable(const std::filesystem::path& path);

}  // namespace holdfast
