#include "host/log_file.h"

#include <utility>

namespace holdfast {

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// How long a file may go without being looked at: whether it still has its name, how large it is.
constexpr auto kLookInterval = 1s;
constexpr auto kTryInterval = 1s;
constexpr auto kRotationTryInterval = 60s;
/// For a reader of standard error who has not been stuck before.
constexpr auto kFallbackPatience = 1s;

fs::path oldFile(const fs::path& file, unsigned number) {
  return file.string() + '.' + std::to_string(number);
}

}  // namespace

LogFile::LogFile(fs::path path, LogRotation rotation, NoticeLine notice, Fallback fallback,
                 Clock::time_point (*now)())
    : path_(std::move(path)),
      rotation_(rotation),
      notice_(std::move(notice)),
      fallback_(std::move(fallback)),
      now_(now) {}

bool LogFile::write(std::string_view line) {
  const Clock::time_point now = now_();
  const bool asked = look_now_.exchange(false);
  const bool waits = failure_ && now < try_at_ && !asked;
  if (!waits) {
    if (now >= look_at_ || asked) look(now);
    const std::error_code error = append(line, now);
    failing_ = error.value();
    if (!error) return true;
    try_at_ = now + kTryInterval;
    if (error != std::exchange(failure_, error)) {
      divert(notice_(LogLevel::kError, troubleText(error)));
    }
  }
  if (!divert(line)) return false;
  ++diverted_;
  return true;
}

std::string LogFile::troubleText(std::error_code error) const {
  return "the log cannot be written to " + path_.string() + ": " + error.message() +
         "; it goes to standard error";
}

std::string LogFile::trouble() const {
  const int number = failing_;
  return number == 0 ? std::string() : troubleText({number, std::system_category()});
}

void LogFile::look(Clock::time_point now) {
  look_at_ = now + kLookInterval;
  if (!file_.isOpen()) return;
  if (file_.isReplaced(path_)) return leave();
  size_ = file_.size().value_or(0);
}

std::error_code LogFile::append(std::string_view line, Clock::time_point now) {
  if (const auto error = openFile()) return error;
  if (const auto error = finishTorn()) return error;
  if (isTooLargeFor(line) && now >= rotate_after_) {
    if (const auto error = rotate(line, now)) return error;
    if (const auto error = openFile()) return error;
  }
  if (failure_) {
    if (const auto error = sayRecovered()) return error;
  }
  return put(line);
}

std::error_code LogFile::openFile() {
  if (file_.isOpen()) return {};
  const std::error_code error = file_.open(path_);
  if (!error) size_ = file_.size().value_or(0);
  return error;
}

/// A full disk takes a part of a line. Cutting the file there could hit what another process has
/// written meanwhile; so the rest follows when there is room.
std::error_code LogFile::finishTorn() {
  if (torn_.empty()) return {};
  const AppendFile::Written written = file_.write(torn_);
  torn_.erase(0, written.bytes);
  size_ += written.bytes;
  return written.error;
}

std::error_code LogFile::put(std::string_view line) {
  const AppendFile::Written written = file_.write(line);
  size_ += written.bytes;
  if (written.error && written.bytes > 0) torn_ = line.substr(written.bytes);
  return written.error;
}

std::error_code LogFile::sayRecovered() {
  const std::string text =
      notice_(LogLevel::kWarning,
              "the log is written to " + path_.string() + " again; " + std::to_string(diverted_) +
                  (diverted_ == 1 ? " line" : " lines") + " went to standard error");
  if (const auto error = put(text)) return error;
  divert(text);
  failure_.clear();
  diverted_ = 0;
  return {};
}

bool LogFile::isTooLargeFor(std::string_view line) const {
  return rotation_.at_bytes > 0 && size_ > 0 && size_ + line.size() > rotation_.at_bytes;
}

std::error_code LogFile::rotate(std::string_view coming, Clock::time_point now) {
  if (!file_.tryLock()) return {};  // another process is at it
  std::error_code error;
  if (file_.isReplaced(path_)) {
    leave();
  } else {
    size_ = file_.size().value_or(0);  // another process may have emptied it
    const bool due = isTooLargeFor(coming);
    if (due) error = shiftOldFiles();
    file_.unlock();
    if (due && !error) leave();
  }
  if (error) rotate_after_ = now + kRotationTryInterval;
  const bool failed_before = std::exchange(rotation_failed_, static_cast<bool>(error));
  if (!error || failed_before) return {};
  return put(notice_(LogLevel::kWarning,
                     "the log cannot be rotated: " + path_.string() + ": " + error.message() +
                         "; it grows on until its folder takes new names again"));
}

/// The oldest first, so that no name is taken that still has a file to be kept.
std::error_code LogFile::shiftOldFiles() const {
  // By somebody else, just now.
  const auto moved = std::make_error_code(std::errc::no_such_file_or_directory);
  std::error_code error;
  // Where the name is a symbolic link, the file is meant.
  const fs::path file = trustedPath(path_, error);
  if (error) return error;
  for (unsigned number = rotation_.keep; number > 0; --number) {
    const fs::path from = number == 1 ? file : oldFile(file, number - 1);
    if (number == 1 && file_.isReplaced(file)) return moved;
    fs::rename(from, oldFile(file, number), error);
    if (error == std::errc::no_such_file_or_directory && number > 1) error.clear();
    if (error) return error;
  }
  if (rotation_.keep == 0 && file_.isReplaced(file)) return moved;
  if (rotation_.keep == 0) fs::remove(file, error);
  return error;
}

void LogFile::leave() {
  file_.close();
  torn_.clear();
}

bool LogFile::divert(std::string_view text) {
  fallback_stuck_ = !fallback_(text, fallback_stuck_ ? 0ms : kFallbackPatience);
  return !fallback_stuck_;
}

}  // namespace holdfast
