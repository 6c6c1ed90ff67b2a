/// \file chunked_decoder.h
/// The chunked transfer coding of a body (RFC 9112, section 7.1). Pure.
///
///     4;name=value CRLF   size in hexadecimal, extensions are skipped
///     Wiki         CRLF
///     0            CRLF   the last chunk
///     Name: value  CRLF   trailer fields, skipped
///                  CRLF
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace holdfast {

enum class ChunkedStatus {
  kNeedMore,   ///< input used up
  kPiece,      ///< part of a chunk's data; call again with the rest
  kEnd,        ///< the body is complete: the rest of the input is the next request
  kMalformed,  ///< final
};

/// Of one body. Strict, as what two parties understand differently can smuggle a request: line
/// ends are CRLF, sizes have 1 to 15 digits, extensions and trailer are limited.
class ChunkedDecoder {
 public:
  static constexpr std::size_t kMaxExtensionBytes = 1024;  ///< of one chunk
  static constexpr std::size_t kMaxTrailerBytes = 8192;    ///< of all fields

  /// Consumes the front of `input`.
  /// \param[out] piece  with kPiece: within what was the input; not empty
  ChunkedStatus next(std::span<const std::byte>& input, std::span<const std::byte>& piece);

 private:
  enum class State {
    kSize,
    kExtension,
    kSizeLineFeed,
    kData,
    kDataReturn,
    kDataLineFeed,
    kTrailerStart,
    kTrailer,
    kTrailerLineFeed,
    kLastLineFeed,
    kEnd,
    kMalformed,
  };
  State after(char octet);
  State afterSize(char octet);
  State afterTrailer(char octet);

  State state_ = State::kSize;
  std::uint64_t size_ = 0;  ///< of this chunk's data what has not come yet
  std::size_t digits_ = 0;  ///< of its size
  std::size_t extra_ = 0;   ///< bytes of its extension, or of the trailer
};

}  // namespace holdfast
