/// \file byte_queue.h
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <string>

#include "proxy/session/socket_io.h"

namespace holdfast::proxy {

/// Bytes on their way into one socket.
class ByteQueue {
 public:
  bool empty() const { return sent_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - sent_; }
  /// To append to.
  std::string& back() { return bytes_; }
  void clear() {
    bytes_.clear();
    sent_ = 0;
  }

  /// As much as fits. \return false if the peer takes no more, ever
  bool sendTo(const Poco::Net::StreamSocket& socket) {
    while (!empty()) {
      const auto rest = std::as_bytes(std::span(bytes_)).subspan(sent_);
      const IoOutcome outcome = writeSome(socket, rest, {});
      if (outcome.status == IoStatus::kWouldBlock) break;
      if (outcome.status != IoStatus::kDone) return false;
      sent_ += outcome.bytes;
    }
    if (empty()) {
      clear();
    } else if (sent_ > bytes_.size() / 2) {
      bytes_.erase(0, sent_);
      sent_ = 0;
    }
    return true;
  }

 private:
  std::string bytes_;
  std::size_t sent_ = 0;
};

}  // namespace holdfast::proxy
