#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "host/platform/temporary_file.h"

namespace holdfast {

namespace {

/// Descriptors that are left to others: workers, the log, settings. Of a low limit, a quarter.
constexpr rlim_t kLeft = 128;

/// The lowest free number is given out, so all below `descriptor` are taken.
bool leavesEnough(int descriptor) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return true;
  const rlim_t left = std::min(kLeft, limit.rlim_cur / 4);
  return static_cast<rlim_t>(descriptor) < limit.rlim_cur - left;
}

}  // namespace

std::string temporaryFolder() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  return error ? "/tmp" : folder.string();
}

std::FILE* openTemporaryFile() {
  std::string name = temporaryFolder() + "/holdfast-XXXXXX";
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0) return nullptr;
  ::unlink(name.c_str());
  if (!leavesEnough(descriptor)) {
    ::close(descriptor);
    errno = EMFILE;
    return nullptr;
  }
  std::FILE* const file = ::fdopen(descriptor, "w+b");
  if (file == nullptr) ::close(descriptor);
  return file;
}

}  // namespace holdfast
