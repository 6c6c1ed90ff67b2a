/// \file append_file.h
/// A file that only grows, for several processes at once: each write lands at its end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace holdfast {

/// Where a name leads to. Root is led nowhere by others: every folder on the way and every link
/// must be root's, no folder open to all users unless sticky; anything else is an error that says
/// so.
/// \return without links, but for what is below /proc (/dev/stdout)
std::filesystem::path trustedPath(const std::filesystem::path& path, std::error_code& error);

/// Belongs to one thread.
class AppendFile {
 public:
  AppendFile() = default;
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile() { close(); }

  /// Makes the file, for its user and group only, where there is none. A pipe that nobody reads is
  /// an error, as is what trustedPath() says.
  std::error_code open(const std::filesystem::path& path);
  void close();
  bool isOpen() const { return handle_ >= 0; }

  struct Written {
    std::size_t bytes = 0;  ///< all of them, unless there is an error
    std::error_code error;
  };
  /// Waits if need be (a pipe, a terminal).
  Written write(std::string_view text);

  /// Bytes in it; nothing where it is a pipe or a device.
  std::optional<std::uint64_t> size() const;
  /// That name belongs to another file by now, or to none.
  bool isReplaced(const std::filesystem::path& path) const;

  /// Among all who have the same file open, at most one has the lock. \return false: another has it
  bool tryLock();
  void unlock();

 private:
  int handle_ = -1;
};

}  // namespace holdfast
