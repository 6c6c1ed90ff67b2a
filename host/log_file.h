/// \file log_file.h
/// A log in a file that may be renamed, deleted, full or out of reach at any time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "host/line_writer.h"
#include "host/platform/append_file.h"
#include "host/platform/standard_error.h"

namespace holdfast {

/// `site.log`, and as it grows `site.log.1` (the newest of the old ones), `site.log.2`, ...
struct LogRotation {
  std::uint64_t at_bytes = 0;  ///< no larger than that, but for a longer line; 0: never rotated
  unsigned keep = 5;           ///< old files
};

/// Belongs to the log's own thread, but for reopen() and trouble(). Several processes may write to
/// one file.
///
/// Standard error gets what the file does not take, and the reason; the file is tried again each
/// second. Nothing that is wrong with the rotation loses a line.
class LogFile {
 public:
  using Clock = std::chrono::steady_clock;
  /// \return false: `text` was not taken within `patience`
  using Fallback = std::function<bool(std::string_view text, std::chrono::milliseconds patience)>;

  LogFile(std::filesystem::path path, LogRotation rotation, NoticeLine notice,
          Fallback fallback = writeStandardErrorWithin, Clock::time_point (*now)() = Clock::now);

  /// \return false: neither the file nor standard error takes it
  bool write(std::string_view line);
  /// Before the next line it is made sure that the file has its name. From any thread.
  void reopen() { look_now_ = true; }
  /// Why the file does not have the last line, in words; empty: it has. From any thread.
  std::string trouble() const;

 private:
  /// Leaves a file that has been renamed or deleted.
  void look(Clock::time_point now);
  std::error_code append(std::string_view line, Clock::time_point now);
  std::error_code openFile();
  std::error_code finishTorn();
  std::error_code put(std::string_view line);
  std::error_code sayRecovered();
  bool isTooLargeFor(std::string_view line) const;
  /// Afterwards the file is closed, or, where it could not be renamed, still the same.
  std::error_code rotate(std::string_view coming, Clock::time_point now);
  std::error_code shiftOldFiles() const;
  void leave();
  bool divert(std::string_view text);
  std::string troubleText(std::error_code error) const;

  const std::filesystem::path path_;
  const LogRotation rotation_;
  const NoticeLine notice_;
  const Fallback fallback_;
  Clock::time_point (*const now_)();
  std::atomic<bool> look_now_ = false;
  std::atomic<int> failing_ = 0;  ///< failure_, as the system's number

  AppendFile file_;
  std::uint64_t size_ = 0;  ///< of the file, as far as is known
  std::string torn_;        ///< rest of a line that the file took a part of
  Clock::time_point look_at_;
  std::error_code failure_;  ///< none: the last line is in the file
  Clock::time_point try_at_;
  std::uint64_t diverted_ = 0;  ///< lines since the failure that standard error took
  bool fallback_stuck_ = false;
  bool rotation_failed_ = false;
  Clock::time_point rotate_after_;  ///< the next try
};

}  // namespace holdfast
