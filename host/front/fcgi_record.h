/// \file fcgi_record.h
/// FastCGI records (FastCGI 1.0, section 3.3): cuts a byte stream into them and
/// writes them. Pure: no socket, clock or log.
///
///      0         1      2      3      4      5      6         7
///     +---------+------+-------------+-------------+---------+----------+
///     | version | type | request id  | content     | padding | reserved |
///     |   = 1   |      | big-endian  | length      | length  |          |
///     +---------+------+-------------+-------------+---------+----------+
///     | content ... | padding ... |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/front/params.h"

namespace holdfast {

/// Bytes of a record's header (fastcgi.h: FCGI_HEADER_LEN).
inline constexpr std::size_t kRecordHeaderBytes = 8;
/// Longest content of one record (fastcgi.h: FCGI_MAX_LENGTH).
inline constexpr std::size_t kMaxRecordContentBytes = 65535;

struct RecordHeader {
  std::uint8_t type = 0;
  std::uint16_t request_id = 0;
  std::uint16_t content_length = 0;
};

/// Writes an unpadded record's header over `at[0..7]`.
void encodeHeader(std::byte* at, const RecordHeader& header);
/// Appends one record. \param content  at most kMaxRecordContentBytes
void appendRecord(std::vector<std::byte>& out, std::uint8_t type, std::uint16_t request_id,
                  std::string_view content);
/// Appends `content` as a stream, cut into as many records as it takes; nothing for empty content.
void appendStream(std::vector<std::byte>& out, std::uint8_t type, std::uint16_t request_id,
                  std::string_view content);
/// Appends a record without content that is padded (section 3.3): of a stream it says nothing, not
/// even that it ends: Apache waits on.
void appendPadding(std::vector<std::byte>& out, std::uint8_t type, std::uint16_t request_id);

enum class RecordStatus {
  kNeedMore,    ///< input used up
  kPiece,       ///< `piece` is set: call again with the rest
  kBadVersion,  ///< final: this is no FastCGI 1.0 stream
};

/// Content of one record or, for the types that are streams, part of it.
struct RecordPiece {
  RecordHeader header;
  std::span<std::byte> content;  ///< within the input, or valid until the next call
  bool last = false;             ///< the record's content is complete
};

/// One direction of one connection. Not thread-safe.
class RecordDecoder {
 public:
  /// \param streamed_types  bit t set: content of type t is handed on as it
  ///   arrives; other types are kept back until they are whole
  explicit RecordDecoder(std::uint32_t streamed_types) : streamed_types_(streamed_types) {}

  /// Consumes the front of `input`. A piece whose content lies within `input`
  /// has the kRecordHeaderBytes before it inside the same buffer, unless it is
  /// the first of that input.
  RecordStatus next(std::span<std::byte>& input, RecordPiece& piece);

  /// Nothing of a further record has arrived: here the stream may end.
  bool atBoundary() const { return header_filled_ == 0; }

 private:
  bool readHeader(std::span<std::byte>& input);
  bool isStreamed() const;
  void endRecord();

  const std::uint32_t streamed_types_;
  std::byte raw_header_[kRecordHeaderBytes] = {};
  std::size_t header_filled_ = 0;  ///< bytes of raw_header_; all: within a record
  RecordHeader header_;
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  bool piece_due_ = false;       ///< an empty record still has to be told
  std::vector<std::byte> kept_;  ///< content of a record that is not streamed
};

enum class PairsStatus { kOk, kTruncated, kTooMany };

/// Decodes name-value pairs (section 3.4: lengths of 1 or 4 bytes) and adds them to `params`.
/// \param max_pairs  kTooMany above it
PairsStatus decodePairs(std::span<const std::byte> bytes, std::size_t max_pairs, Params& params);
/// Appends one encoded pair.
void appendPair(std::string& out, std::string_view name, std::string_view value);

}  // namespace holdfast
