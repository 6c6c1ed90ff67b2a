/// \file body_buffer.h
/// The part of a request's body that has arrived and that nobody has taken yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

struct BodyLimits {
  std::size_t memory_bytes = 1024 * 1024;  ///< more goes to a file; less than 64 KiB counts as that
  std::uint64_t total_bytes = std::uint64_t{1024} * 1024 * 1024;  ///< of the whole body
};

/// A first-in-first-out run of bytes with an end. What does not fit into memory
/// goes to a temporary file without a name. Not thread-safe.
class BodyBuffer {
 public:
  explicit BodyBuffer(const BodyLimits& limits = {});

  /// \return false: the file cannot be written, or more than a tenth of the disk would not be left;
  ///   the bytes are lost, and problem() says why
  bool append(std::span<const std::byte> bytes);

  /// Why the file could not be written: "no temporary file in /tmp: No space left on device".
  const std::string& problem() const { return problem_; }

  /// No more bytes will come.
  void finish() { finished_ = true; }

  bool finished() const { return finished_; }
  /// Of all that was appended.
  std::uint64_t received() const { return received_; }
  /// More has come than there may be.
  bool isTooLarge() const { return received_ > limits_.total_bytes; }
  /// Untaken, in memory and file.
  std::uint64_t size() const { return view().size() + in_file_; }
  bool empty() const { return size() == 0; }

  /// The oldest bytes, as many as are in memory: not empty if anything is there.
  /// Valid until append() or take().
  std::span<const std::byte> view() const { return std::span(memory_).subspan(taken_); }
  /// \param count  at most view().size()
  void take(std::size_t count);
  void clear();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  /// \return false
  bool fail(const std::string& cause);
  bool appendToFile(std::span<const std::byte> bytes);
  void refill();

  BodyLimits limits_;
  std::vector<std::byte> memory_;
  std::size_t taken_ = 0;  ///< of memory_, from its front
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::uint64_t received_ = 0;
  std::uint64_t file_start_ = 0;  ///< where its untaken bytes begin
  std::uint64_t in_file_ = 0;     ///< how many these are
  bool finished_ = false;
  std::string problem_;
};

}  // namespace holdfast
