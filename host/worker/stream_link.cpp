#include "host/worker/stream_link.h"

#include "host/trace.h"
#include "host/worker/link_message.h"

namespace holdfast {

namespace {

constexpr std::uint32_t kStreamedTypes = 1U << link::kBody;
/// A head in several frames is at most so long.
constexpr std::size_t kMaxHeadBytes = 1024 * 1024;
/// sendInput() returns false from so much unsent on.
constexpr std::size_t kInputWindowBytes = 128 * 1024;

// A chunk is handed on as it was read.
static_assert(EventLoop::kReadHeadroomBytes >= Request::kHeadroomBytes);

std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

StreamLink::StreamLink(EventLoop& loop, Socket socket, std::function<std::string()> name)
    : loop_(loop), socket_(std::move(socket)), name_(std::move(name)), decoder_(kStreamedTypes) {
  watch();
}

void StreamLink::watch() {
  if (watch_) return watch_->want(!paused_, !out_.empty());
  watch_ = std::make_unique<Watch>(loop_, socket_.handle(), !paused_, !out_.empty(),
                                   [this](Readiness ready) { onReady(ready); });
}

void StreamLink::sendRequest(std::uint16_t serial, std::string_view environ, bool has_body) {
  if (lost_) return;
  serial_ = serial;
  traceFrame("->", has_body ? link::kRequest : link::kRequestWithoutBody, environ.size());
  while (environ.size() > kMaxRecordContentBytes) {
    appendRecord(out_.tail(), link::kRequestPart, serial,
                 environ.substr(0, kMaxRecordContentBytes));
    environ.remove_prefix(kMaxRecordContentBytes);
  }
  appendRecord(out_.tail(), has_body ? link::kRequest : link::kRequestWithoutBody, serial, environ);
  flush();
}

bool StreamLink::sendInput(std::span<const std::byte> bytes) {
  if (lost_) return true;
  traceFrame("->", link::kInput, bytes.size());
  appendStream(out_.tail(), link::kInput, serial_, text(bytes));
  flush();
  congested_ = out_.size() >= kInputWindowBytes;
  return !congested_;
}

void StreamLink::endInput(bool complete) {
  if (lost_) return;
  traceFrame("->", complete ? link::kInputEnd : link::kInputCut, 0);
  appendRecord(out_.tail(), complete ? link::kInputEnd : link::kInputCut, serial_, {});
  flush();
}

void StreamLink::pauseAnswer(bool paused) {
  paused_ = paused;
  if (!lost_) watch();
}

void StreamLink::onReady(Readiness ready) {
  if (ready.writable) {
    flush();
    if (congested_ && out_.size() < kInputWindowBytes / 2) {
      congested_ = false;
      listener_->onInputTaken();
    }
  }
  if (lost_) return;
  if (paused_) {
    // Told again and again, and of no interest before the answer goes on.
    if (ready.hangup) watch_.reset();
    return;
  }
  if (ready.readable || ready.hangup) onReadable();
}

void StreamLink::onReadable() {
  std::span<std::byte> input = loop_.readBuffer();
  const IoResult result = socket_.read(input);
  if (result.wouldBlock()) return;
  if (!result.ok()) return lose({});
  input = input.first(result.bytes);
  RecordPiece piece;
  RecordStatus status;
  bool sound = true;
  while (sound && (status = decoder_.next(input, piece)) == RecordStatus::kPiece) {
    sound = onFrame(piece);
  }
  listener_->onBatchEnd();
  if (!sound) {
    lose("a frame that is no answer");
  } else if (status == RecordStatus::kBadVersion) {
    lose("bytes that are no frame");
  }
}

bool StreamLink::onFrame(RecordPiece& piece) {
  if (piece.last) traceFrame("<-", piece.header.type, piece.header.content_length);
  switch (piece.header.type) {
    case link::kHead:
      return onHead(text(piece.content), true);
    case link::kHeadPart:
      return onHead(text(piece.content), false);
    case link::kBody:
      listener_->onChunk(piece.content);
      return true;
    case link::kEnd:
      listener_->onEnd();
      return true;
    case link::kFailed:
      listener_->onFailed(text(piece.content), false);
      return true;
    case link::kFailedLate:
      listener_->onFailed(text(piece.content), true);
      return true;
    default:
      return false;
  }
}

bool StreamLink::onHead(std::string_view content, bool last) {
  if (!last || !head_.empty()) {
    if (head_.size() + content.size() > kMaxHeadBytes) return false;
    head_.append(content);
    if (!last) return true;
    content = head_;
  }
  AnswerHead head;
  const bool sound = link::decodeHead(content, head);
  head_.clear();
  if (sound) listener_->onHead(head);
  return sound;
}

void StreamLink::traceFrame(const char* way, std::uint8_t type, std::size_t bytes) const {
  if (!trace::isOn(trace::kLink)) return;
  trace::say(trace::kLink, (name_ ? name_() : "slot") + ' ' + way + ' ' +
                               link::slotFrameName(type) + ", serial " + std::to_string(serial_) +
                               ", " + std::to_string(bytes) + " bytes");
}

void StreamLink::flush() {
  if (lost_) return;
  if (out_.flush(socket_) != IoResult::Status::kOk) {
    // The slot's last words may still be there to read: onReadable() finds the end.
    out_ = {};
  }
  if (watch_) watch();
}

void StreamLink::close() {
  lost_ = true;
  watch_.reset();
  socket_.close();
}

void StreamLink::lose(std::string_view why) {
  if (lost_) return;
  close();
  listener_->onLost(why);
}

}  // namespace holdfast
