/// \file body_buffer.h
/// The part of a request's body that has arrived and that nobody has taken yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace holdfast {

/// A first-in-first-out run of bytes with an end. Not thread-safe.
class BodyBuffer {
 public:
  void append(std::span<const std::byte> bytes) {
    if (taken_ == bytes_.size()) {
      bytes_.clear();
      taken_ = 0;
    }
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    received_ += bytes.size();
  }

  /// No more bytes will come.
  void finish() { finished_ = true; }

  bool finished() const { return finished_; }
  std::size_t size() const { return bytes_.size() - taken_; }
  bool empty() const { return size() == 0; }
  /// Bytes since the request began, taken or not.
  std::uint64_t received() const { return received_; }

  /// What is there, oldest first; valid until append() or take().
  std::span<const std::byte> view() const { return std::span(bytes_).subspan(taken_); }

  void take(std::size_t count) {
    taken_ += count;
    if (taken_ == bytes_.size() || taken_ >= kCompactAt) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
      taken_ = 0;
    }
  }

 private:
  static constexpr std::size_t kCompactAt = 256 * 1024;
  std::vector<std::byte> bytes_;
  std::size_t taken_ = 0;
  std::uint64_t received_ = 0;
  bool finished_ = false;
};

}  // namespace holdfast
