#include "proxy/tap/dap_framing.h"

#include <algorithm>
#include <optional>

#include "config/letter_case.h"

namespace holdfast::proxy {

namespace {

constexpr std::string_view kEndOfHeader = "\r\n\r\n";
constexpr std::string_view kContentLength = "Content-Length";
constexpr std::size_t kMaxDigits = 15;

std::string_view asText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Visible ASCII, SP, HTAB and line ends: whatever else comes is no header.
bool mayStandInHeader(char octet) {
  return (octet >= 0x20 && octet < 0x7f) || octet == '\t' || octet == '\r' || octet == '\n';
}

/// RFC 9110, section 5.6.2. A request line of HTTP is none: what a web page can have its browser
/// send to a port is no DAP.
bool isToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char octet) {
    return (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
           (octet >= 'a' && octet <= 'z') || kMarks.find(octet) != std::string_view::npos;
  });
}

std::optional<std::size_t> parseLength(std::string_view value) {
  const std::size_t begin = value.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  value = value.substr(begin, value.find_last_not_of(" \t") - begin + 1);
  if (value.size() > kMaxDigits) return {};
  std::size_t length = 0;
  for (const char digit : value) {
    if (digit < '0' || digit > '9') return {};
    length = length * 10 + static_cast<std::size_t>(digit - '0');
  }
  return length;
}

/// Of the fields, up to and with the line end of the last one. \return nothing: it is no header
std::optional<std::size_t> contentLength(std::string_view fields) {
  std::optional<std::size_t> length;
  while (!fields.empty()) {
    const std::string_view line = fields.substr(0, fields.find("\r\n"));
    fields.remove_prefix(line.size() + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) return {};
    if (!equalsIgnoringCase(line.substr(0, colon), kContentLength)) continue;
    if (length) return {};
    length = parseLength(line.substr(colon + 1));
    if (!length) return {};
  }
  return length;
}

}  // namespace

DecodeStatus MessageDecoder::next(std::span<const std::byte>& input, std::string_view& content) {
  if (state_ == State::kHeader) gatherHeader(input);
  if (state_ == State::kProtocolError) return DecodeStatus::kProtocolError;
  if (state_ == State::kTooBig) return DecodeStatus::kTooBig;
  if (state_ == State::kContent && takeContent(input, content)) return DecodeStatus::kMessage;
  return DecodeStatus::kNeedMore;
}

void MessageDecoder::gatherHeader(std::span<const std::byte>& input) {
  const std::size_t before = header_.size();
  const std::string_view text = asText(input).substr(0, kMaxHeader - before);
  header_.append(text);
  // The end may have begun in an earlier piece.
  const std::size_t end = header_.find(kEndOfHeader, before < 3 ? 0 : before - 3);
  if (end != std::string::npos) header_.resize(end + kEndOfHeader.size());
  input = input.subspan(header_.size() - before);
  if (!std::ranges::all_of(std::string_view(header_).substr(before), mayStandInHeader)) {
    state_ = State::kProtocolError;
  } else if (end != std::string::npos) {
    state_ = readHeader();
  } else if (header_.size() == kMaxHeader) {
    state_ = State::kProtocolError;
  }
}

MessageDecoder::State MessageDecoder::readHeader() {
  const auto length = contentLength(std::string_view(header_).substr(0, header_.size() - 2));
  header_.clear();
  if (!length) return State::kProtocolError;
  length_ = *length;
  // What an earlier message needed is not kept for ever.
  if (content_.capacity() > kKeptCapacity) content_ = {};
  content_.clear();
  return length_ > max_message_ ? State::kTooBig : State::kContent;
}

/// \return whether the content is complete
bool MessageDecoder::takeContent(std::span<const std::byte>& input, std::string_view& content) {
  const std::size_t missing = length_ - content_.size();
  const std::string_view piece = asText(input.first(std::min(missing, input.size())));
  input = input.subspan(piece.size());
  if (piece.size() == length_) {
    content = piece;
  } else {
    // Not twice the memory for a long one; what a peer only promises takes none.
    if (content_.size() > kKeptCapacity) content_.reserve(length_);
    content_.append(piece);
    if (piece.size() < missing) return false;
    content = content_;
  }
  state_ = State::kHeader;
  return true;
}

std::string messageHeader(std::size_t length) {
  return "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

std::string encodeMessage(std::string_view content) {
  return messageHeader(content.size()).append(content);
}

}  // namespace holdfast::proxy
