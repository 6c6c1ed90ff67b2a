/// \file log_file.h
/// A log in a file that may be renamed, deleted or out of reach at any time.
#pragma once

#include <filesystem>
#include <string_view>

namespace holdfast {

/// Belongs to the log's own thread: a path that blocks (a pipe nobody reads) stalls nothing else.
class LogFile {
 public:
  explicit LogFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// Appends to whatever file has that name now, so that it can be rotated. Standard error gets
  /// what the file does not take, and once the reason. \return false: neither takes it
  bool write(std::string_view line);

 private:
  const std::filesystem::path path_;
  bool failed_ = false;  ///< the last time
};

}  // namespace holdfast
