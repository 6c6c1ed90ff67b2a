#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "host/platform/append_file.h"

namespace holdfast {

namespace {

std::error_code lastError() { return {errno, std::generic_category()}; }

}  // namespace

std::error_code AppendFile::open(const std::filesystem::path& path) {
  close();
  // Without O_NONBLOCK a pipe without a reader would keep us in here.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  handle_ = ::open(path.c_str(), kFlags | O_NONBLOCK, 0666);
  if (handle_ < 0) return lastError();
  ::fcntl(handle_, F_SETFL, kFlags & O_APPEND);
  return {};
}

void AppendFile::close() {
  if (handle_ >= 0) ::close(handle_);
  handle_ = -1;
}

AppendFile::Written AppendFile::write(std::string_view text) {
  Written written;
  while (written.bytes < text.size()) {
    const ssize_t count =
        ::write(handle_, text.data() + written.bytes, text.size() - written.bytes);
    if (count >= 0) {
      written.bytes += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      written.error = lastError();
      break;
    }
  }
  return written;
}

std::optional<std::uint64_t> AppendFile::size() const {
  struct stat status {};
  if (::fstat(handle_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

bool AppendFile::isReplaced(const std::filesystem::path& path) const {
  struct stat ours {};
  struct stat named {};
  if (::fstat(handle_, &ours) != 0) return false;
  if (::stat(path.c_str(), &named) != 0) return errno == ENOENT || errno == ENOTDIR;
  return ours.st_ino != named.st_ino || ours.st_dev != named.st_dev;
}

bool AppendFile::tryLock() { return ::flock(handle_, LOCK_EX | LOCK_NB) == 0; }

void AppendFile::unlock() { ::flock(handle_, LOCK_UN); }

}  // namespace holdfast
