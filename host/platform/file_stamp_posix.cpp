#include <sys/stat.h>
#include <time.h>

#include "host/platform/file_stamp.h"

namespace holdfast {

namespace {
std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}
}  // namespace

bool FileStamp::sameState(const FileStamp& other) const {
  return device == other.device && number == other.number && is_folder == other.is_folder &&
         bytes == other.bytes && modified == other.modified;
}

std::optional<FileStamp> stampOf(const std::string& path, bool follow) {
  struct stat status {};
  const int result = follow ? ::stat(path.c_str(), &status) : ::lstat(path.c_str(), &status);
  if (result < 0) return std::nullopt;
  FileStamp stamp;
  stamp.device = status.st_dev;
  stamp.number = status.st_ino;
  stamp.is_folder = S_ISDIR(status.st_mode);
  stamp.is_link = S_ISLNK(status.st_mode);
  stamp.links = status.st_nlink;
  stamp.changed = nanoseconds(status.st_ctim);
  if (!stamp.is_folder) {
    stamp.bytes = static_cast<std::uint64_t>(status.st_size);
    stamp.modified = nanoseconds(status.st_mtim);
  }
  return stamp;
}

std::int64_t stampClock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

bool changedSince(const FileStamp& stamp, std::int64_t start) {
  return stamp.changed > start && stamp.changed <= stampClock();
}

}  // namespace holdfast
