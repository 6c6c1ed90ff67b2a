/// \file output_queue.h
/// Bytes on their way to a non-blocking socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "host/platform/socket.h"

namespace holdfast {

/// Collects parts and sends them with as few system calls and copies as can be.
/// Not thread-safe.
class OutputQueue {
 public:
  /// For appending records in place; what is added stands behind all earlier parts.
  std::vector<std::byte>& tail();
  void append(std::string_view bytes);
  /// The bytes must stay as they are until the next flush().
  void appendBorrowed(std::span<const std::byte> bytes);

  /// Sends what the socket takes and keeps (copies, if borrowed) the rest.
  /// kOk also if something is left; kError and kClosed are final.
  IoResult::Status flush(Socket& socket);

  /// Bytes not yet sent; 0 after a flush() that sent all.
  std::size_t size() const { return owned_.size() - sent_ + borrowed_bytes_; }
  bool empty() const { return size() == 0; }
  /// Bytes sent so far.
  std::uint64_t sent() const { return total_sent_; }

 private:
  /// `borrowed` stands in the queue just before byte `before` of owned_.
  struct Borrowed {
    std::size_t before;
    std::span<const std::byte> bytes;
  };
  void collectParts(std::vector<std::span<const std::byte>>& parts) const;
  void keepRest(std::size_t sent);

  std::vector<std::byte> owned_;
  std::size_t sent_ = 0;  ///< of owned_, from its front
  std::uint64_t total_sent_ = 0;
  std::vector<Borrowed> borrowed_;
  std::size_t borrowed_bytes_ = 0;
  std::vector<std::span<const std::byte>> parts_;  ///< scratch of flush()
};

}  // namespace holdfast
