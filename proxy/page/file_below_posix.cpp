#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "proxy/page/file_below.h"

namespace holdfast::proxy {

namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

/// What `relative` leads to, as a path below the folder without links.
std::optional<fs::path> resolved(const fs::path& folder, const fs::path& relative) {
  for (const fs::path& part : relative) {
    if (part == ".." || part.is_absolute()) return std::nullopt;
  }
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error) return std::nullopt;
  const fs::path file = fs::canonical(root / relative, error);
  if (error) return std::nullopt;
  fs::path below = file.lexically_relative(root);
  if (below.empty() || below == "." || *below.begin() == "..") return std::nullopt;
  return below;
}

/// Follows no link: there was none a moment ago.
Descriptor openBelow(const fs::path& folder, const fs::path& below) {
  Descriptor at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (auto part = below.begin(); at && part != below.end(); ++part) {
    // O_NONBLOCK: a FIFO without a writer would wait for one.
    const int kind = std::next(part) == below.end() ? O_NONBLOCK : O_DIRECTORY;
    at = Descriptor(::openat(at.number(), part->c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind));
  }
  return at;
}

}  // namespace

bool readFileBelow(const std::string& folder, const std::string& relative, std::size_t max_bytes,
                   const std::function<void(std::span<const std::byte>)>& take) {
  if (relative.find('\0') != std::string::npos) return false;
  const auto below = resolved(folder, relative);
  if (!below) return false;
  const Descriptor file = openBelow(folder, *below);
  struct stat status {};
  if (!file || ::fstat(file.number(), &status) < 0 || !S_ISREG(status.st_mode)) return false;
  std::array<std::byte, 65536> piece;
  std::size_t total = 0;
  while (true) {
    const ssize_t got = ::read(file.number(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    total += static_cast<std::size_t>(got);
    if (total > max_bytes) return false;
    take({piece.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace holdfast::proxy
