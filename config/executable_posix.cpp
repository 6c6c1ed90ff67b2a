#include <fcntl.h>
#include <unistd.h>

#include <system_error>

#include "config/executable.h"

namespace holdfast {

const char kPathSeparator = ':';
const char* const kPythonpathSeparators = ":;";
const char* const kStandardPath = "/usr/local/bin:/usr/bin:/bin";
const char* const kDefaultPython = "python3";
const char* const kVenvPython = "bin/python";

bool isExecutable(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) &&
         ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0;
}

}  // namespace holdfast
