#include "host/front/body_buffer.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "host/platform/temporary_file.h"

namespace holdfast {

namespace {

constexpr std::size_t kRefillBytes = 256 * 1024;
constexpr std::size_t kLeastMemoryBytes = 64 * 1024;

/// How often, in bytes of one file, it is looked whether the disk has room.
constexpr std::uint64_t kRoomCheckBytes = 4 * 1024 * 1024;

/// A tenth of the disk is left to others, whatever clients send or do not take.
bool diskHasRoom() {
  std::error_code error;
  const auto space = std::filesystem::space(temporaryFolder(), error);
  return error || space.available > space.capacity / 10;
}

bool seek(std::FILE* file, std::uint64_t position) {
  return std::fseek(file, static_cast<long>(position), SEEK_SET) == 0;
}

}  // namespace

BodyBuffer::BodyBuffer(const BodyLimits& limits) : limits_(limits) {
  limits_.memory_bytes = std::max(limits_.memory_bytes, kLeastMemoryBytes);
}

bool BodyBuffer::append(std::span<const std::byte> bytes) {
  received_ += bytes.size();
  if (in_file_ > 0 || view().size() + bytes.size() > limits_.memory_bytes)
    return appendToFile(bytes);
  if (taken_ == memory_.size()) {
    memory_.clear();
    taken_ = 0;
  }
  memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  return true;
}

bool BodyBuffer::appendToFile(std::span<const std::byte> bytes) {
  if (!file_ || in_file_ / kRoomCheckBytes != (in_file_ + bytes.size()) / kRoomCheckBytes) {
    if (!diskHasRoom()) return fail("a tenth of the disk is left to others");
  }
  errno = 0;
  if (!file_) file_.reset(openTemporaryFile());
  if (in_file_ == 0) file_start_ = 0;
  const std::uint64_t end = file_start_ + in_file_;
  if (!file_ || !seek(file_.get(), end) ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
      std::fflush(file_.get()) != 0) {
    return fail(std::generic_category().message(errno));
  }
  in_file_ += bytes.size();
  if (view().empty()) refill();
  return true;
}

bool BodyBuffer::fail(const std::string& cause) {
  problem_ = "no temporary file in " + temporaryFolder() + ": " + cause;
  return false;
}

void BodyBuffer::take(std::size_t count) {
  taken_ += count;
  if (taken_ == memory_.size()) {
    memory_.clear();
    taken_ = 0;
    if (in_file_ > 0) refill();
  } else if (taken_ >= limits_.memory_bytes / 2) {
    memory_.erase(memory_.begin(), memory_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
}

void BodyBuffer::refill() {
  memory_.resize(static_cast<std::size_t>(
      std::min<std::uint64_t>({in_file_, kRefillBytes, limits_.memory_bytes})));
  taken_ = 0;
  const std::size_t count = seek(file_.get(), file_start_)
                                ? std::fread(memory_.data(), 1, memory_.size(), file_.get())
                                : 0;
  // A body that cannot be read back ends early, and shorter than its CONTENT_LENGTH.
  if (count != memory_.size()) in_file_ = count;
  memory_.resize(count);
  file_start_ += count;
  in_file_ -= count;
}

void BodyBuffer::clear() {
  memory_.clear();
  taken_ = 0;
  in_file_ = 0;
}

}  // namespace holdfast
