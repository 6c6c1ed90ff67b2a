#include "host/front/chunked_decoder.h"

#include <algorithm>

#include "host/front/percent_decoding.h"

namespace holdfast {

namespace {

constexpr std::size_t kMaxDigits = 15;

/// HTAB, SP and what can be seen, and what is beyond ASCII (RFC 9110, section 5.5).
bool isText(char octet) {
  const auto value = static_cast<unsigned char>(octet);
  return octet == '\t' || (value >= 0x20 && value != 0x7f);
}

}  // namespace

ChunkedStatus ChunkedDecoder::next(std::span<const std::byte>& input,
                                   std::span<const std::byte>& piece) {
  while (!input.empty() && state_ != State::kEnd && state_ != State::kMalformed) {
    if (state_ == State::kData) {
      piece = input.first(static_cast<std::size_t>(std::min<std::uint64_t>(size_, input.size())));
      input = input.subspan(piece.size());
      size_ -= piece.size();
      if (size_ == 0) state_ = State::kDataReturn;
      return ChunkedStatus::kPiece;
    }
    state_ = after(static_cast<char>(input.front()));
    input = input.subspan(1);
  }
  if (state_ == State::kEnd) return ChunkedStatus::kEnd;
  return state_ == State::kMalformed ? ChunkedStatus::kMalformed : ChunkedStatus::kNeedMore;
}

ChunkedDecoder::State ChunkedDecoder::after(char octet) {
  switch (state_) {
    case State::kSize:
      return afterSize(octet);
    case State::kExtension:
      if (octet == '\r') return State::kSizeLineFeed;
      return isText(octet) && ++extra_ <= kMaxExtensionBytes ? State::kExtension
                                                             : State::kMalformed;
    case State::kSizeLineFeed:
      if (octet != '\n') return State::kMalformed;
      extra_ = 0;
      return size_ > 0 ? State::kData : State::kTrailerStart;
    case State::kDataReturn:
      return octet == '\r' ? State::kDataLineFeed : State::kMalformed;
    case State::kDataLineFeed:
      digits_ = 0;
      return octet == '\n' ? State::kSize : State::kMalformed;
    case State::kTrailerStart:
      return octet == '\r' ? State::kLastLineFeed : afterTrailer(octet);
    case State::kTrailer:
      return octet == '\r' ? State::kTrailerLineFeed : afterTrailer(octet);
    case State::kTrailerLineFeed:
      return octet == '\n' ? State::kTrailerStart : State::kMalformed;
    case State::kLastLineFeed:
      return octet == '\n' ? State::kEnd : State::kMalformed;
    case State::kData:
    case State::kEnd:
    case State::kMalformed:
      break;
  }
  return State::kMalformed;
}

ChunkedDecoder::State ChunkedDecoder::afterSize(char octet) {
  const int digit = hexDigit(octet);
  if (digit >= 0) {
    size_ = size_ << 4 | static_cast<unsigned>(digit);
    return ++digits_ <= kMaxDigits ? State::kSize : State::kMalformed;
  }
  if (digits_ == 0) return State::kMalformed;
  if (octet == '\r') return State::kSizeLineFeed;
  return octet == ';' || octet == ' ' || octet == '\t' ? State::kExtension : State::kMalformed;
}

ChunkedDecoder::State ChunkedDecoder::afterTrailer(char octet) {
  return isText(octet) && ++extra_ <= kMaxTrailerBytes ? State::kTrailer : State::kMalformed;
}

}  // namespace holdfast
