#include "proxy/session/client_end.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace holdfast::proxy {

namespace {

constexpr std::size_t kReadSize = std::size_t{64} << 10;
/// Bytes of control frames that may wait; the answers to further pings are left out, as RFC 6455,
/// section 5.5.3, allows.
constexpr std::size_t kMaxControl = 1024;

std::string_view asText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> asBytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

ClientEnd::ClientEnd(const Poco::Net::StreamSocket& socket, std::string head,
                     std::string_view leftover, const Limits& limits, Time now)
    : socket_(socket),
      limits_(limits),
      decoder_(Role::kServer, limits.max_frame),
      keepalive_(limits.ping, limits.silence, now),
      buffer_(std::max(kReadSize, leftover.size())),
      control_(std::move(head)) {
  makePrompt(socket_);
  std::ranges::copy(asBytes(leftover), buffer_.begin());
  input_ = std::span(buffer_).first(leftover.size());
}

void ClientEnd::read(Time now) {
  assert(input_.empty());
  const IoOutcome outcome = readSome(socket_, buffer_);
  if (outcome.status == IoStatus::kWouldBlock) return;
  if (outcome.status != IoStatus::kDone) return lose(outcome.error ? outcome.error.message() : "");
  keepalive_.heard(now);
  input_ = std::span(buffer_).first(outcome.bytes);
  if (close_until_) discardInput();
}

void ClientEnd::lose(std::string text) {
  end(Farewell::Kind::kLost, CloseCode::kNoStatus, std::move(text));
  drop();
}

bool ClientEnd::nextPiece(std::span<std::byte>& piece) {
  FrameEvent event;
  while (true) {
    switch (decoder_.next(input_, event)) {
      case FrameStatus::kData:
        piece = event.payload;
        return true;
      case FrameStatus::kPing:
        answerPing(asText(event.payload));
        break;
      case FrameStatus::kPong:
        break;
      case FrameStatus::kNeedMore:
        return false;
      case FrameStatus::kClose:
        end(Farewell::Kind::kClosed, event.code, {});
        return false;
      case FrameStatus::kError:
        end(Farewell::Kind::kBroke, event.code, std::string(event.text));
        return false;
    }
  }
}

void ClientEnd::answerPing(std::string_view payload) {
  if (state_ == State::kOpen && control_.size() < kMaxControl) {
    appendFrame(control_, Role::kServer, Opcode::kPong, payload);
  }
}

void ClientEnd::discardInput() {
  std::span<std::byte> ignored;
  while (nextPiece(ignored)) {
  }
  input_ = {};  // what stands behind a close frame
  shutWhenDone();
}

void ClientEnd::send(std::span<std::byte> payload, Time now) {
  assert(takes());
  frame_ = frameInPlace(Role::kServer, Opcode::kBinary, payload);
  flush(now);
}

void ClientEnd::sendText(std::string_view payload) {
  appendFrame(control_, Role::kServer, Opcode::kBinary, payload);
}

void ClientEnd::flush(Time now) {
  if (isClosed() || !wantsWrite()) return;
  const IoOutcome outcome = writeSome(socket_, frame_, asBytes(control_).subspan(sent_));
  if (outcome.status == IoStatus::kBroken) return lose(outcome.error.message());
  // Room where there was none is a sign of life, too: pongs may stand behind much on a slow line.
  if (blocked_ && outcome.bytes > 0) keepalive_.heard(now);
  const std::size_t of_frame = std::min(outcome.bytes, frame_.size());
  frame_ = frame_.subspan(of_frame);
  sent_ += outcome.bytes - of_frame;
  if (sent_ == control_.size()) {
    control_.clear();
    sent_ = 0;
  }
  blocked_ = wantsWrite();
  shutWhenDone();
}

void ClientEnd::stopListening(Time now) {
  if (close_until_) return;
  close_until_ = now + limits_.close;
  discardInput();
}

void ClientEnd::close(CloseCode code, std::string_view reason, Time now) {
  if (state_ != State::kOpen) return;
  appendClose(control_, Role::kServer, code, reason);
  state_ = State::kClosing;
  stopListening(now);
  flush(now);
}

void ClientEnd::drop() {
  if (isClosed()) return;
  socket_.close();
  state_ = State::kClosed;
  frame_ = {};
  control_.clear();
  sent_ = 0;
}

/// Once both close frames are through, the server ends the connection (section 7.1.1). Only its own
/// direction: what the client is still sending would turn a close into a reset, in which our close
/// frame may get lost.
void ClientEnd::shutWhenDone() {
  if (state_ != State::kClosing || wantsWrite() || !farewell_) return;
  state_ = State::kShut;
  try {
    socket_.shutdownSend();
  } catch (const Poco::Exception&) {
    drop();  // it is gone already
  }
}

void ClientEnd::onTime(Time now, bool listening) {
  if (isClosed()) return;
  if (close_until_ && now >= *close_until_) return drop();
  if (state_ != State::kOpen) return;
  if (!listening) keepalive_.heard(now);
  if (keepalive_.isDead(now)) {
    end(Farewell::Kind::kSilent, CloseCode::kNoStatus, {});
    return drop();
  }
  if (keepalive_.pingDue(now) && control_.size() < kMaxControl) {
    appendFrame(control_, Role::kServer, Opcode::kPing, {});
    flush(now);
  }
}

ClientEnd::Time ClientEnd::next() const {
  if (isClosed()) return Time::max();
  if (state_ != State::kOpen) return *close_until_;
  return close_until_ ? std::min(*close_until_, keepalive_.next()) : keepalive_.next();
}

void ClientEnd::end(Farewell::Kind kind, CloseCode code, std::string text) {
  if (!farewell_) farewell_ = Farewell{kind, code, std::move(text)};
}

}  // namespace holdfast::proxy
