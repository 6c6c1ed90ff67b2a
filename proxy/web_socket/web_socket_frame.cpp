#include "proxy/web_socket/web_socket_frame.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <stdexcept>

#include "proxy/web_socket/utf8.h"

namespace holdfast::proxy {

namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength16 = 126;
constexpr unsigned kLength64 = 127;
constexpr std::size_t kMaskSize = 4;

unsigned valueOf(std::byte octet) { return std::to_integer<unsigned>(octet); }

bool isControl(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

/// Section 7.4.1 and 7.4.2; 1012 to 1014 are registered since.
bool mayStandInFrame(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

/// Eight bytes at a time, as what a client sends may be many megabytes.
/// \param offset  of the piece within the payload
void applyMask(const std::byte (&mask)[kMaskSize], std::uint64_t offset,
               std::span<std::byte> piece) {
  std::byte turned[8];
  for (std::size_t i = 0; i < sizeof turned; ++i) turned[i] = mask[(offset + i) % kMaskSize];
  std::uint64_t word;
  std::memcpy(&word, turned, sizeof word);
  std::size_t i = 0;
  for (; i + sizeof word <= piece.size(); i += sizeof word) {
    std::uint64_t eight;
    std::memcpy(&eight, piece.data() + i, sizeof eight);
    eight ^= word;
    std::memcpy(piece.data() + i, &eight, sizeof eight);
  }
  for (; i < piece.size(); ++i) piece[i] ^= turned[i % sizeof turned];
}

/// Header of a whole frame but for the mask. \return its size
std::size_t writeHeader(Role role, Opcode opcode, std::uint64_t length,
                        std::byte (&header)[kMaxFrameHeader]) {
  const unsigned masked = role == Role::kClient ? kMasked : 0;
  header[0] = std::byte(kFin | static_cast<unsigned>(opcode));
  std::size_t bytes = 0;
  if (length < kLength16) {
    header[1] = std::byte(masked | static_cast<unsigned>(length));
  } else {
    bytes = length <= 0xffff ? 2 : 8;
    header[1] = std::byte(masked | (bytes == 2 ? kLength16 : kLength64));
    for (std::size_t i = 0; i < bytes; ++i) {
      header[2 + i] = std::byte(length >> 8 * (bytes - 1 - i) & 0xff);
    }
  }
  return 2 + bytes;
}

void makeMask(std::byte (&mask)[kMaskSize]) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(mask), sizeof mask) != 1) {
    throw std::runtime_error("no random bytes for the mask of a WebSocket frame (OpenSSL)");
  }
}

}  // namespace

FrameDecoder::FrameDecoder(Role role, std::uint64_t max_frame)
    : role_(role), max_frame_(max_frame) {}

FrameStatus FrameDecoder::next(std::span<std::byte>& input, FrameEvent& event) {
  while (true) {
    if (state_ == State::kFinal) input = {};
    if (state_ == State::kHeader) {
      if (!gatherHeader(input)) return FrameStatus::kNeedMore;
      const FrameStatus status = beginFrame(event);
      if (status == FrameStatus::kError) return status;
    }
    if (state_ == State::kFinal || (input.empty() && seen_ < length_)) {
      return FrameStatus::kNeedMore;
    }
    const std::span<std::byte> piece = input.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(length_ - seen_, input.size())));
    input = input.subspan(piece.size());
    if (role_ == Role::kServer) applyMask(mask_, seen_, piece);
    if (isControl(opcode_)) std::ranges::copy(piece, control_ + seen_);
    seen_ += piece.size();
    if (seen_ == length_) state_ = State::kHeader;
    if (!isControl(opcode_) && !piece.empty()) {
      event.payload = piece;
      return FrameStatus::kData;
    }
    if (isControl(opcode_) && seen_ == length_) return endControl(event);
  }
}

/// \return whether the header of a frame is complete
bool FrameDecoder::gatherHeader(std::span<std::byte>& input) {
  while (header_size_ < headerSize()) {
    if (input.empty()) return false;
    header_[header_size_++] = input.front();
    input = input.subspan(1);
  }
  return true;
}

/// As far as what has come of it says.
std::size_t FrameDecoder::headerSize() const {
  if (header_size_ < 2) return 2;
  const unsigned length = valueOf(header_[1]) & ~kMasked;
  const std::size_t extended = length == kLength64 ? 8 : length == kLength16 ? 2 : 0;
  return 2 + extended + ((valueOf(header_[1]) & kMasked) != 0 ? kMaskSize : 0);
}

/// \return kError, or kNeedMore where the frame may go on
FrameStatus FrameDecoder::beginFrame(FrameEvent& event) {
  const unsigned first = valueOf(header_[0]);
  const unsigned second = valueOf(header_[1]);
  const bool fin = (first & kFin) != 0;
  opcode_ = static_cast<Opcode>(first & 0x0f);
  readLength();
  header_size_ = 0;
  seen_ = 0;
  state_ = State::kPayload;
  if ((first & kReserved) != 0) return fail(event, "a reserved bit is set, no extension is in use");
  if (((second & kMasked) != 0) != (role_ == Role::kServer)) {
    return fail(event, role_ == Role::kServer ? "a client's frame is not masked"
                                              : "a server's frame is masked");
  }
  const unsigned said = second & ~kMasked;
  if ((said == kLength16 && length_ < kLength16) || (said == kLength64 && length_ <= 0xffff)) {
    return fail(event, "a length is written longer than needed");
  }
  if (isControl(opcode_)) return beginControl(fin, event);
  return beginData(fin, event);
}

FrameStatus FrameDecoder::beginControl(bool fin, FrameEvent& event) {
  if (opcode_ != Opcode::kClose && opcode_ != Opcode::kPing && opcode_ != Opcode::kPong) {
    return fail(event, "an opcode is unknown");
  }
  if (!fin) return fail(event, "a control frame is fragmented");
  if (length_ > kMaxControlPayload) return fail(event, "a control frame is too long");
  return FrameStatus::kNeedMore;
}

FrameStatus FrameDecoder::beginData(bool fin, FrameEvent& event) {
  switch (opcode_) {
    case Opcode::kContinuation:
      if (!in_message_) return fail(event, "a continuation continues nothing");
      break;
    case Opcode::kBinary:
      if (in_message_) return fail(event, "a message begins within another");
      break;
    case Opcode::kText:
      return fail(event, "text frames are not taken, only binary ones",
                  CloseCode::kUnsupportedData);
    default:
      return fail(event, "an opcode is unknown");
  }
  in_message_ = !fin;
  // Nobody can send so much; the standard wants this bit to be 0.
  if (length_ >> 63 != 0) return fail(event, "a length is no length");
  if (length_ > max_frame_) return fail(event, "a frame is too long", CloseCode::kTooBig);
  return FrameStatus::kNeedMore;
}

void FrameDecoder::readLength() {
  const unsigned said = valueOf(header_[1]) & ~kMasked;
  const std::size_t bytes = said == kLength64 ? 8 : said == kLength16 ? 2 : 0;
  length_ = bytes == 0 ? said : 0;
  for (std::size_t i = 0; i < bytes; ++i) length_ = length_ << 8 | valueOf(header_[2 + i]);
  std::copy_n(header_ + 2 + bytes, role_ == Role::kServer ? kMaskSize : 0, mask_);
}

FrameStatus FrameDecoder::endControl(FrameEvent& event) {
  event.payload = std::span(control_).first(static_cast<std::size_t>(length_));
  if (opcode_ == Opcode::kPing) return FrameStatus::kPing;
  if (opcode_ == Opcode::kPong) return FrameStatus::kPong;
  return endClose(event);
}

FrameStatus FrameDecoder::endClose(FrameEvent& event) {
  event.code = CloseCode::kNoStatus;
  event.text = {};
  if (length_ == 1) return fail(event, "a close frame has half a code");
  if (length_ >= 2) {
    const unsigned code = valueOf(control_[0]) << 8 | valueOf(control_[1]);
    if (!mayStandInFrame(code)) return fail(event, "a close frame has a code that is none");
    event.code = static_cast<CloseCode>(code);
    event.text = {reinterpret_cast<const char*>(control_) + 2, event.payload.size() - 2};
    if (!isUtf8(event.text)) {
      return fail(event, "the reason in a close frame is not UTF-8", CloseCode::kInvalidPayload);
    }
  }
  state_ = State::kFinal;
  return FrameStatus::kClose;
}

FrameStatus FrameDecoder::fail(FrameEvent& event, std::string_view text, CloseCode code) {
  state_ = State::kFinal;
  event.code = code;
  event.text = text;
  return FrameStatus::kError;
}

void appendFrame(std::string& out, Role role, Opcode opcode, std::string_view payload) {
  std::byte header[kMaxFrameHeader];
  const std::size_t size = writeHeader(role, opcode, payload.size(), header);
  out.append(reinterpret_cast<const char*>(header), size);
  if (role == Role::kServer) {
    out.append(payload);
    return;
  }
  std::byte mask[kMaskSize];
  makeMask(mask);
  out.append(reinterpret_cast<const char*>(mask), sizeof mask);
  const std::size_t begin = out.size();
  out.append(payload);
  applyMask(mask, 0, {reinterpret_cast<std::byte*>(out.data()) + begin, payload.size()});
}

void appendClose(std::string& out, Role role, CloseCode code, std::string_view reason) {
  std::string payload;
  if (code != CloseCode::kNoStatus) {
    payload.push_back(static_cast<char>(static_cast<unsigned>(code) >> 8));
    payload.push_back(static_cast<char>(static_cast<unsigned>(code) & 0xff));
    payload.append(cutUtf8(reason, kMaxCloseReason));
  }
  appendFrame(out, role, Opcode::kClose, payload);
}

std::span<const std::byte> frameInPlace(Role role, Opcode opcode, std::span<std::byte> payload) {
  std::byte header[kMaxFrameHeader];
  std::size_t size = writeHeader(role, opcode, payload.size(), header);
  if (role == Role::kClient) {
    std::byte mask[kMaskSize];
    makeMask(mask);
    std::ranges::copy(mask, header + size);
    size += sizeof mask;
    applyMask(mask, 0, payload);
  }
  std::copy_n(header, size, payload.data() - size);
  return {payload.data() - size, size + payload.size()};
}

}  // namespace holdfast::proxy
