#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <string>
#include <utility>

#include "host/platform/append_file.h"

namespace holdfast {

namespace fs = std::filesystem;

namespace {

std::error_code lastError() { return {errno, std::generic_category()}; }

/// Links on the way of one path, as the kernel has it.
constexpr int kMaxLinks = 40;
constexpr const char* kProcesses = "/proc";

class TrustCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "trust"; }
  std::string message(int) const override {
    return "another user could lead root to any other file by it: make it and each folder on its "
           "way root's and let no others write there (namei -l shows them), or run holdfast as the "
           "user of the site";
  }
};

std::error_code notTrusted() {
  static const TrustCategory category;
  return {1, category};
}

bool isOpenToAll(const struct stat& status) { return (status.st_mode & S_IWOTH) != 0; }

/// A file of anybody's is fine in a folder where only root makes files.
bool isTrusted(int handle, const fs::path& path) {
  struct stat file {};
  struct stat folder {};
  if (::fstat(handle, &file) != 0 || !S_ISREG(file.st_mode) || file.st_uid == 0) return true;
  return ::stat(path.parent_path().c_str(), &folder) == 0 && !isOpenToAll(folder);
}

}  // namespace

fs::path trustedPath(const fs::path& path, std::error_code& error) {
  error.clear();
  if (::geteuid() != 0) return fs::weakly_canonical(path, error);
  int links = 0;
  fs::path folder = "/";
  const fs::path whole = fs::absolute(path, error);
  std::deque<fs::path> steps(whole.begin(), whole.end());
  while (!error && !steps.empty()) {
    const fs::path step = std::exchange(steps.front(), {});
    steps.pop_front();
    if (step.empty() || step == "." || step == "/") continue;
    if (step == "..") {
      folder = folder.parent_path();
      continue;
    }
    // Links in there are none of a disk, and nobody else's.
    if (folder == kProcesses) {
      folder /= step;
      for (const fs::path& rest : steps) folder /= rest;
      return folder;
    }
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
      error = lastError();
    } else if (status.st_uid != 0 || (isOpenToAll(status) && (status.st_mode & S_ISVTX) == 0)) {
      error = notTrusted();
    }
    if (error) break;
    folder /= step;
    if (::lstat(folder.c_str(), &status) != 0) {
      if (errno != ENOENT || !steps.empty()) error = lastError();
      continue;
    }
    if (!S_ISLNK(status.st_mode)) continue;
    if (status.st_uid != 0) {
      error = notTrusted();
    } else if (++links > kMaxLinks) {
      error = std::make_error_code(std::errc::too_many_symbolic_link_levels);
    } else {
      const fs::path target = fs::read_symlink(folder, error);
      folder = target.is_absolute() ? "/" : folder.parent_path();
      steps.insert(steps.begin(), target.begin(), target.end());
    }
  }
  return folder;
}

std::error_code AppendFile::open(const fs::path& name) {
  close();
  std::error_code error;
  const bool is_root = ::geteuid() == 0;
  const fs::path path = is_root ? trustedPath(name, error) : name;
  if (error) return error;
  const bool may_be_link = !is_root || path.string().starts_with(kProcesses);
  const int follow = may_be_link ? 0 : O_NOFOLLOW;
  // Without O_NONBLOCK a pipe without a reader would keep us in here.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;
  handle_ = ::open(path.c_str(), kFlags | O_NONBLOCK | follow, 0640);
  if (handle_ < 0) return lastError();
  if (is_root && !isTrusted(handle_, path)) {
    close();
    return notTrusted();
  }
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
