/// \file web_socket_frame.h
/// Frames of the WebSocket protocol (RFC 6455, section 5), for a stream of binary data: messages
/// have no meaning for us, their pieces make one stream of bytes. Pure, but for the random masks.
///
///     | FIN RSV*3 opcode*4 | MASK length*7 | length*16 or *64, if 126 or 127 | mask*32 | payload |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::proxy {

enum class Opcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10,
};

/// Section 7.4; from a peer also any other of 1000 to 4999 that may stand in a frame.
enum class CloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kProtocolError = 1002,
  kUnsupportedData = 1003,
  kNoStatus = 1005,  ///< the frame said none; never sent
  kInvalidPayload = 1007,
  kPolicyViolation = 1008,
  kTooBig = 1009,
  kInternalError = 1011,
  kServiceRestart = 1012,  ///< attach again
  kTryAgainLater = 1013,
};

/// Which side we are: a server takes masked frames only and masks none, a client the reverse.
enum class Role { kServer, kClient };

/// Bytes of a control frame's payload, at most; a close frame's reason has two less.
inline constexpr std::size_t kMaxControlPayload = 125;
inline constexpr std::size_t kMaxCloseReason = kMaxControlPayload - 2;
/// Bytes that may stand before a payload, at most.
inline constexpr std::size_t kMaxFrameHeader = 14;

enum class FrameStatus {
  kNeedMore,  ///< input used up
  kData,      ///< a piece of the stream; call again with the rest
  kPing,      ///< to be answered with the same payload; call again with the rest
  kPong,      ///< call again with the rest
  kClose,     ///< the peer closes; final: whatever follows is swallowed
  kError,     ///< to be answered with a close frame; final
};

struct FrameEvent {
  /// kData: part of what was the input, unmasked in place, not empty. kPing, kPong: the decoder's
  /// own, until the next call.
  std::span<std::byte> payload;
  CloseCode code = CloseCode::kNoStatus;  ///< kClose: the peer's; kError: ours, to close with
  /// kClose: the peer's reason, UTF-8, may be empty; kError: ours, fit for a close frame.
  /// Until the next call.
  std::string_view text;
};

/// One direction of one connection. Strict: reserved bits, unknown opcodes, text, lengths that are
/// not minimal, a wrong mask, broken fragments and close frames each end it. Not thread-safe.
class FrameDecoder {
 public:
  /// \param max_frame  bytes of payload in one frame; frames are not gathered, so that this is no
  ///   question of memory
  FrameDecoder(Role role, std::uint64_t max_frame);

  /// Consumes the front of `input`, which is changed where a frame is masked.
  FrameStatus next(std::span<std::byte>& input, FrameEvent& event);

 private:
  enum class State { kHeader, kPayload, kFinal };

  bool gatherHeader(std::span<std::byte>& input);
  std::size_t headerSize() const;
  FrameStatus beginFrame(FrameEvent& event);
  FrameStatus beginControl(bool fin, FrameEvent& event);
  FrameStatus beginData(bool fin, FrameEvent& event);
  void readLength();
  FrameStatus endControl(FrameEvent& event);
  FrameStatus endClose(FrameEvent& event);
  FrameStatus fail(FrameEvent& event, std::string_view text,
                   CloseCode code = CloseCode::kProtocolError);

  const Role role_;
  const std::uint64_t max_frame_;
  State state_ = State::kHeader;
  std::byte header_[kMaxFrameHeader]{};
  std::size_t header_size_ = 0;  ///< bytes of it that have come
  Opcode opcode_ = Opcode::kBinary;
  bool in_message_ = false;   ///< a fragment has come, its message goes on
  std::uint64_t length_ = 0;  ///< of the payload
  std::uint64_t seen_ = 0;    ///< bytes of it that have come
  std::byte mask_[4]{};
  std::byte control_[kMaxControlPayload]{};
};

/// Appends one whole frame (FIN set).
void appendFrame(std::string& out, Role role, Opcode opcode, std::string_view payload);
/// A reason that is too long is cut, between two characters.
/// \param code  with kNoStatus the frame has no payload
void appendClose(std::string& out, Role role, CloseCode code, std::string_view reason);

/// Writes a frame's header in front of its payload, which stands in the caller's buffer already, so
/// that it need not be copied; a client's payload is masked in place.
/// \param payload  before its first byte there are kMaxFrameHeader bytes of the same buffer
/// \return header and payload
std::span<const std::byte> frameInPlace(Role role, Opcode opcode, std::span<std::byte> payload);

}  // namespace holdfast::proxy
