/// \file spooled_output.h
/// Bytes for a client that may be slow to take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "host/front/body_buffer.h"
#include "host/front/output_queue.h"

namespace holdfast {

/// An OutputQueue with a limit; what is above it waits in memory, and then in a temporary file.
/// Not thread-safe.
class SpooledOutput {
 public:
  /// \param borrowed  the bytes stay as they are until the next flush()
  /// \return false: the temporary file cannot be written, and the bytes are lost; problem() says
  /// why
  bool put(std::span<const std::byte> bytes, bool borrowed);

  const std::string& problem() const { return spool_.problem(); }

  /// Sends what the socket takes. kOk also if something is left; kError and kClosed are final.
  IoResult::Status flush(Socket& socket);

  /// Bytes not yet sent.
  std::uint64_t size() const { return queue_.size() + spool_.size(); }
  bool empty() const { return queue_.empty() && spool_.empty(); }
  /// Bytes above what the queue holds.
  std::uint64_t spooled() const { return spool_.size(); }
  /// Bytes sent so far.
  std::uint64_t sent() const { return sent_; }

 private:
  OutputQueue queue_;
  BodyBuffer spool_;  ///< behind queue_
  std::uint64_t sent_ = 0;
};

}  // namespace holdfast
