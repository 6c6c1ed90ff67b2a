/// \file file_stamp.h
/// What tells two states of a file apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast {

struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t number = 0;  ///< of the file on its device
  bool is_folder = false;
  bool is_link = false;
  std::uint64_t links = 0;
  /// 0 for a folder: what lies in it is not part of its state.
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  ///< ns since 1970, as the file's owner likes it
  std::int64_t changed = 0;   ///< ns since 1970, by the system's clock; also by chmod or rename

  /// The same content, as far as one can tell without reading it.
  bool sameState(const FileStamp& other) const;
};

/// \param follow  of what a symbolic link points to, not of the link
/// \return none if there is nothing, or it cannot be reached
std::optional<FileStamp> stampOf(const std::string& path, bool follow);

/// What FileStamp::changed of a file that changes now is not later than; it may be a clock tick
/// earlier (10 ms at most).
std::int64_t stampClock();

/// Changed after `start`. Not those from the future, which a clock that was set back leaves behind.
bool changedSince(const FileStamp& stamp, std::int64_t start);

}  // namespace holdfast
