#include "host/front/fcgi_record.h"

#include <fastcgi.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace holdfast {

static_assert(sizeof(FCGI_Header) == kRecordHeaderBytes);
static_assert(FCGI_MAX_LENGTH == kMaxRecordContentBytes);

namespace {

std::uint8_t octet(std::byte value) { return std::to_integer<std::uint8_t>(value); }

std::uint16_t big16(const std::byte* at) {
  return static_cast<std::uint16_t>(octet(at[0]) << 8 | octet(at[1]));
}

void putBig16(std::byte* at, std::uint16_t value) {
  at[0] = static_cast<std::byte>(value >> 8);
  at[1] = static_cast<std::byte>(value & 0xff);
}

/// One length of a pair: the top bit of the first byte says which of both forms.
bool readLength(std::span<const std::byte>& bytes, std::size_t& length) {
  if (bytes.empty()) return false;
  const std::uint8_t first = octet(bytes[0]);
  if (first < 0x80) {
    length = first;
    bytes = bytes.subspan(1);
    return true;
  }
  if (bytes.size() < 4) return false;
  length = static_cast<std::size_t>(first & 0x7f) << 24 |
           static_cast<std::size_t>(octet(bytes[1])) << 16 |
           static_cast<std::size_t>(octet(bytes[2])) << 8 | octet(bytes[3]);
  bytes = bytes.subspan(4);
  return true;
}

void appendLength(std::string& out, std::size_t length) {
  if (length < 0x80) {
    out.push_back(static_cast<char>(length));
    return;
  }
  out.push_back(static_cast<char>(length >> 24 | 0x80));
  out.push_back(static_cast<char>(length >> 16));
  out.push_back(static_cast<char>(length >> 8));
  out.push_back(static_cast<char>(length));
}

}  // namespace

void encodeHeader(std::byte* at, const RecordHeader& header) {
  at[0] = std::byte{FCGI_VERSION_1};
  at[1] = static_cast<std::byte>(header.type);
  putBig16(at + 2, header.request_id);
  putBig16(at + 4, header.content_length);
  at[6] = std::byte{0};
  at[7] = std::byte{0};
}

void appendRecord(std::vector<std::byte>& out, std::uint8_t type, std::uint16_t request_id,
                  std::string_view content) {
  assert(content.size() <= kMaxRecordContentBytes);
  const std::size_t at = out.size();
  out.resize(at + kRecordHeaderBytes + content.size());
  encodeHeader(out.data() + at, {type, request_id, static_cast<std::uint16_t>(content.size())});
  if (!content.empty()) {
    std::memcpy(out.data() + at + kRecordHeaderBytes, content.data(), content.size());
  }
}

void appendStream(std::vector<std::byte>& out, std::uint8_t type, std::uint16_t request_id,
                  std::string_view content) {
  while (!content.empty()) {
    const std::size_t length = std::min(content.size(), kMaxRecordContentBytes);
    appendRecord(out, type, request_id, content.substr(0, length));
    content.remove_prefix(length);
  }
}

void appendPadding(std::vector<std::byte>& out, std::uint8_t type, std::uint16_t request_id) {
  constexpr std::size_t kPaddingBytes = 8;
  const std::size_t at = out.size();
  out.resize(at + kRecordHeaderBytes + kPaddingBytes);
  encodeHeader(out.data() + at, {type, request_id, 0});
  out[at + 6] = std::byte{kPaddingBytes};
}

RecordStatus RecordDecoder::next(std::span<std::byte>& input, RecordPiece& piece) {
  for (;;) {
    if (header_filled_ < kRecordHeaderBytes) {
      if (!readHeader(input)) return RecordStatus::kNeedMore;
      if (octet(raw_header_[0]) != FCGI_VERSION_1) return RecordStatus::kBadVersion;
    }
    if (content_left_ > 0 || piece_due_) {
      const std::size_t count = std::min(content_left_, input.size());
      const auto part = input.first(count);
      if (count == 0 && !piece_due_) return RecordStatus::kNeedMore;
      input = input.subspan(count);
      content_left_ -= count;
      piece_due_ = false;
      piece = {header_, part, content_left_ == 0};
      if (!isStreamed()) {
        if (kept_.empty() && piece.last) {
          // Whole within the input: no copy.
        } else {
          kept_.insert(kept_.end(), part.begin(), part.end());
          if (!piece.last) return RecordStatus::kNeedMore;
          piece.content = kept_;
        }
      }
      if (piece.last && padding_left_ == 0) endRecord();
      return RecordStatus::kPiece;
    }
    const std::size_t skipped = std::min(padding_left_, input.size());
    input = input.subspan(skipped);
    padding_left_ -= skipped;
    if (padding_left_ > 0) return RecordStatus::kNeedMore;
    endRecord();
  }
}

bool RecordDecoder::readHeader(std::span<std::byte>& input) {
  const std::size_t count = std::min(kRecordHeaderBytes - header_filled_, input.size());
  if (count > 0) std::memcpy(raw_header_ + header_filled_, input.data(), count);
  input = input.subspan(count);
  header_filled_ += count;
  if (header_filled_ < kRecordHeaderBytes) return false;
  header_ = {octet(raw_header_[1]), big16(raw_header_ + 2), big16(raw_header_ + 4)};
  content_left_ = header_.content_length;
  padding_left_ = octet(raw_header_[6]);
  piece_due_ = content_left_ == 0;
  kept_.clear();
  return true;
}

bool RecordDecoder::isStreamed() const {
  return header_.type < 32 && (streamed_types_ >> header_.type & 1) != 0;
}

void RecordDecoder::endRecord() { header_filled_ = 0; }

PairsStatus decodePairs(std::span<const std::byte> bytes, std::size_t max_pairs, Params& params) {
  while (!bytes.empty()) {
    std::size_t name_length = 0;
    std::size_t value_length = 0;
    if (!readLength(bytes, name_length) || !readLength(bytes, value_length) ||
        name_length > bytes.size() || value_length > bytes.size() - name_length) {
      return PairsStatus::kTruncated;
    }
    if (params.size() == max_pairs) return PairsStatus::kTooMany;
    const char* text = reinterpret_cast<const char*>(bytes.data());
    params.add({text, name_length}, {text + name_length, value_length});
    bytes = bytes.subspan(name_length + value_length);
  }
  return PairsStatus::kOk;
}

void appendPair(std::string& out, std::string_view name, std::string_view value) {
  appendLength(out, name.size());
  appendLength(out, value.size());
  out.append(name).append(value);
}

}  // namespace holdfast
