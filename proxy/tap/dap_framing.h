/// \file dap_framing.h
/// Cuts a byte stream into messages of the Debug Adapter Protocol (overview, "Base protocol").
/// Pure.
///
///     Content-Length: 119 CRLF   other fields are skipped
///     CRLF
///     {"seq": 153, ...}          119 bytes of UTF-8
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::proxy {

enum class DecodeStatus {
  kNeedMore,       ///< input used up, the part of a message is kept
  kMessage,        ///< call again with the rest
  kProtocolError,  ///< this is no DAP; final
  kTooBig,         ///< a message is longer than allowed; final
};

/// One direction of one connection. Not thread-safe.
class MessageDecoder {
 public:
  static constexpr std::size_t kMaxHeader = 1024;  ///< bytes, of all fields
  /// Bytes of memory that are kept from one message to the next, at most.
  static constexpr std::size_t kKeptCapacity = std::size_t{256} << 10;

  /// \param max_message  bytes of content in one message
  explicit MessageDecoder(std::size_t max_message) : max_message_(max_message) {}

  /// Consumes the front of `input`: part of a message, or one.
  /// \param[out] content  JSON text, valid until the next call and while the input lives: where
  ///   the whole content lay in the input it is not copied
  DecodeStatus next(std::span<const std::byte>& input, std::string_view& content);

  /// Between two messages: nothing of one has come.
  bool atBoundary() const { return state_ == State::kHeader && header_.empty(); }

 private:
  enum class State { kHeader, kContent, kProtocolError, kTooBig };
  void gatherHeader(std::span<const std::byte>& input);
  State readHeader();
  bool takeContent(std::span<const std::byte>& input, std::string_view& content);

  const std::size_t max_message_;
  State state_ = State::kHeader;
  std::string header_;   ///< as far as it has come
  std::string content_;  ///< as far as it has come
  std::size_t length_ = 0;
};

/// Header of a message with that many bytes of content.
std::string messageHeader(std::size_t length);
/// The message as it is sent.
std::string encodeMessage(std::string_view content);

}  // namespace holdfast::proxy
