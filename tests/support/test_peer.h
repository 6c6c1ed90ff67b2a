/// \file test_peer.h
/// The other end of a socket: blocking, with a deadline on every step.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tests/support/loop_thread.h"

namespace holdfast {

/// One whole record as a peer sees it.
struct SeenRecord {
  unsigned type = 0;
  unsigned id = 0;
  std::string content;
  bool operator==(const SeenRecord&) const = default;
};

/// Bytes of one record, written out on its own so that a mistake in the codec shows.
inline std::string rawRecord(unsigned type, unsigned id, std::string_view content = {},
                             unsigned padding = 0, unsigned version = 1) {
  std::string bytes;
  for (const std::size_t octet :
       {std::size_t{version}, std::size_t{type}, std::size_t{id} >> 8, std::size_t{id},
        content.size() >> 8, content.size(), std::size_t{padding}, std::size_t{0}}) {
    bytes.push_back(static_cast<char>(octet));
  }
  return bytes.append(content).append(padding, '#');
}

class TestPeer {
 public:
  explicit TestPeer(int handle) : handle_(handle) {}
  TestPeer(TestPeer&& other) noexcept
      : handle_(std::exchange(other.handle_, -1)), received_(std::move(other.received_)) {}
  TestPeer& operator=(TestPeer&&) = delete;
  ~TestPeer() { close(); }

  /// To a UNIX listener.
  static TestPeer connectTo(const std::string& path) {
    TestPeer peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(peer.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
    return peer;
  }

  /// To a TCP listener on 127.0.0.1.
  static TestPeer connectTo(std::uint16_t port) {
    TestPeer peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(peer.handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
      throw std::system_error(errno, std::generic_category(), "connect");
    }
    return peer;
  }

  int handle() const { return handle_; }

  void close() {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
  }

  /// All of it. \return false if the other side is gone
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      if (!ready(POLLOUT)) {
        ADD_FAILURE() << "nobody reads what the peer sends";
        return false;
      }
      const ssize_t count =
          ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// As much of `bytes` as goes in without anybody reading. \return how much that was
  std::size_t sendWhatFits(std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count =
          ::send(handle_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0) break;
      sent += static_cast<std::size_t>(count);
    }
    return sent;
  }

  void endWriting() { ::shutdown(handle_, SHUT_WR); }

  /// \return nothing at the end of the stream
  std::optional<SeenRecord> readRecord() {
    if (!fill(8)) return std::nullopt;
    const auto octet = [&](std::size_t at) {
      return static_cast<std::size_t>(static_cast<unsigned char>(received_[at]));
    };
    EXPECT_EQ(octet(0), 1U) << "version of a record";
    const SeenRecord header{
        static_cast<unsigned>(octet(1)), static_cast<unsigned>(octet(2) << 8 | octet(3)), {}};
    const std::size_t length = octet(4) << 8 | octet(5);
    const std::size_t padding = octet(6);
    if (!fill(8 + length + padding)) {
      ADD_FAILURE() << "the stream ends within a record";
      return std::nullopt;
    }
    SeenRecord record = header;
    record.content = received_.substr(8, length);
    received_.erase(0, 8 + length + padding);
    return record;
  }

  /// Records until one of that type and id, which is the last of the result; fewer at the end of
  /// the stream.
  std::vector<SeenRecord> readUntil(unsigned type, unsigned id) {
    std::vector<SeenRecord> records;
    while (auto record = readRecord()) {
      records.push_back(*record);
      if (record->type == type && record->id == id) break;
    }
    return records;
  }

  /// Everything until the other side ends the stream.
  std::string readToEnd() {
    while (fill(received_.size() + 1)) {
    }
    return std::exchange(received_, {});
  }

  /// Why reading ended, or 0.
  int lastError() const { return last_error_; }

  /// The other side has closed the connection, after nothing more.
  bool atEnd() { return !fill(1); }

  /// \return whether something, or the end, is there within so many milliseconds
  bool readable(int milliseconds) {
    pollfd poll{handle_, POLLIN, 0};
    return !received_.empty() || ::poll(&poll, 1, milliseconds) == 1;
  }

 private:
  bool ready(short events) {
    pollfd poll{handle_, events, 0};
    return ::poll(&poll, 1, static_cast<int>(kTestDeadline.count()) * 1000) == 1;
  }

  /// Until so many bytes are in received_. \return false at the end of the stream
  bool fill(std::size_t count) {
    while (received_.size() < count) {
      if (!ready(POLLIN)) {
        ADD_FAILURE() << "the peer waits in vain";
        return false;
      }
      char buffer[16 * 1024];
      const ssize_t got = ::recv(handle_, buffer, sizeof buffer, 0);
      if (got < 0) last_error_ = errno;
      if (got <= 0) return false;
      received_.append(buffer, static_cast<std::size_t>(got));
    }
    return true;
  }

  int handle_;
  int last_error_ = 0;
  std::string received_;
};

/// The content of all records of that type and id, in order.
inline std::string streamOf(const std::vector<SeenRecord>& records, unsigned type, unsigned id) {
  std::string content;
  for (const SeenRecord& record : records) {
    if (record.type == type && record.id == id) content += record.content;
  }
  return content;
}

}  // namespace holdfast
