#include "host/log_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "host/platform/standard_error.h"

namespace holdfast {

bool LogFile::write(std::string_view line) {
  errno = 0;
  std::ofstream stream(path_, std::ios::app | std::ios::binary);
  stream << line << std::flush;
  if (stream) {
    failed_ = false;
    return true;
  }
  const std::string why = errno == 0 ? "" : std::string(": ") + std::strerror(errno);
  if (!std::exchange(failed_, true)) {
    writeStandardError("holdfast: the log cannot be written to " + path_.string() + why +
                       "; it goes to standard error\n");
  }
  return writeStandardError(line);
}

}  // namespace holdfast
