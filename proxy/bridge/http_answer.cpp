#include "proxy/bridge/http_answer.h"

#include <algorithm>

#include "config/letter_case.h"
#include "config/text_parts.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxFields = 200;
constexpr std::size_t kMaxLine = 1024;  ///< bytes, of a chunk's size or a trailer

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Of the head, where its empty line has come. Both line ends are taken, as section 2.2 advises.
std::size_t endOfHead(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

}  // namespace

HttpAnswerReader::Progress HttpAnswerReader::take(std::string_view bytes) {
  begun_ = begun_ || !bytes.empty();
  input_ += bytes;
  while (step()) {
  }
  if (state_ == State::kBroken) return Progress::kBroken;
  return state_ == State::kDone ? Progress::kDone : Progress::kNeedMore;
}

HttpAnswerReader::Progress HttpAnswerReader::end() {
  if (state_ == State::kToEnd) state_ = State::kDone;
  return state_ == State::kDone ? Progress::kDone : Progress::kBroken;
}

/// \return false if more is needed or it is over
bool HttpAnswerReader::step() {
  switch (state_) {
    case State::kHead:
      return readHead();
    case State::kLength:
      return readCounted(State::kDone);
    case State::kToEnd:
      left_ = input_.size();
      readCounted(State::kToEnd);
      return false;
    case State::kChunkSize:
      return readChunkSize();
    case State::kChunk:
      return readCounted(State::kChunkEnd);
    case State::kChunkEnd:
    case State::kTrailer:
      return readLineBetween();
    case State::kDone:
    case State::kBroken:
      break;
  }
  return false;
}

bool HttpAnswerReader::fail() {
  state_ = State::kBroken;
  return false;
}

bool HttpAnswerReader::readHead() {
  const std::size_t end = endOfHead(input_);
  if (std::min(end, input_.size()) > kMaxHead) return fail();
  if (end == std::string::npos) return false;
  answer_ = {};
  if (!parseHead(std::string_view(input_).substr(0, end))) return fail();
  input_.erase(0, end);
  if (opensStream()) {
    leftover_ = std::exchange(input_, {});
    state_ = State::kDone;
    return false;
  }
  if (answer_.status >= 200) return beginBody();
  return answer_.status == 101 ? fail() : true;
}

/// `HTTP/1.1 200 OK`, then `Name: value`.
bool HttpAnswerReader::parseHead(std::string_view head) {
  bool first = true;
  for (const std::string_view raw : split(head, '\n')) {
    const std::string_view line = trimmed(raw);
    if (line.empty()) continue;
    if (std::exchange(first, false)) {
      if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
      const auto status = parseUnsigned(line.substr(9, 3), 10).value_or(0);
      if (status < 100) return false;
      answer_.status = static_cast<int>(status);
      answer_.reason = trimmed(line.substr(12));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || answer_.headers.size() == kMaxFields) return false;
    answer_.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  return answer_.status != 0;
}

bool HttpAnswerReader::opensStream() const {
  if (asked_ == AnswerTo::kConnect) return answer_.status / 100 == 2;
  return asked_ == AnswerTo::kUpgrade && answer_.status == 101;
}

bool HttpAnswerReader::beginBody() {
  const std::string length = answer_.header("Content-Length");
  if (answer_.status == 204 || answer_.status == 304) {
    state_ = State::kDone;
  } else if (hasToken(answer_.header("Transfer-Encoding"), "chunked")) {
    state_ = State::kChunkSize;
  } else if (!length.empty()) {
    const auto number = parseUnsigned(length, 10);
    if (!number) return fail();
    left_ = *number;
    state_ = State::kLength;
  } else {
    state_ = State::kToEnd;
  }
  return true;
}

bool HttpAnswerReader::readCounted(State next) {
  const std::size_t size = std::min(left_, input_.size());
  const std::size_t room = kMaxBody - answer_.body.size();
  answer_.body.append(input_, 0, std::min(size, room));
  input_.erase(0, size);
  left_ -= size;
  // What is more shows nothing that the rest has not shown.
  if (size > room) {
    state_ = State::kDone;
  } else if (left_ == 0) {
    state_ = next;
  }
  return left_ == 0;
}

bool HttpAnswerReader::readChunkSize() {
  std::string line;
  if (!takeLine(line)) return false;
  const std::string_view digits = trimmed(std::string_view(line).substr(0, line.find(';')));
  const auto size = parseUnsigned(digits, 16);
  if (!size) return fail();
  left_ = *size;
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return true;
}

bool HttpAnswerReader::readLineBetween() {
  std::string line;
  if (!takeLine(line)) return false;
  const bool empty = trimmed(line).empty();
  if (state_ == State::kChunkEnd) {
    if (!empty) return fail();
    state_ = State::kChunkSize;
  } else if (empty) {
    state_ = State::kDone;
  }
  return true;
}

bool HttpAnswerReader::takeLine(std::string& line) {
  const std::size_t end = input_.find('\n');
  if (std::min(end, input_.size()) > kMaxLine) return fail();
  if (end == std::string::npos) return false;
  line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return true;
}

}  // namespace holdfast::proxy
