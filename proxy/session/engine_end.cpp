#include "proxy/session/engine_end.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "proxy/tap/dap_framing.h"

namespace holdfast::proxy {

namespace {

/// Bytes from which on no further message is taken.
constexpr std::size_t kHighWater = std::size_t{64} << 10;
/// Bytes of memory that are kept for the next messages.
constexpr std::size_t kKeptCapacity = 4 * kHighWater;

std::span<const std::byte> asBytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

void EngineEnd::open(Time now) {
  assert(state_ == State::kIdle);
  state_ = State::kResting;
  due_ = now + limits_.rest;
}

std::error_code EngineEnd::advance(Time now, bool ready) {
  if (state_ == State::kResting && now >= due_) return connect(now);
  if (state_ == State::kConnecting) {
    if (!ready) return now < due_ ? std::error_code() : make_error_code(std::errc::timed_out);
    if (const std::error_code error = connectError(socket_)) return error;
    state_ = State::kGreeting;
    due_ = now + limits_.greeting;
  } else if (state_ == State::kGreeting && now >= due_) {
    onGreeted();
  }
  return {};
}

std::error_code EngineEnd::connect(Time now) {
  try {
    socket_.connectNB(address_);
  } catch (const Poco::Exception& exception) {
    return std::error_code(exception.code(), std::generic_category());
  }
  makePrompt(socket_);
  state_ = State::kConnecting;
  due_ = now + limits_.connect;
  return {};
}

void EngineEnd::onGreeted() {
  if (state_ == State::kGreeting) state_ = State::kOpen;
}

EngineEnd::Time EngineEnd::due() const {
  const bool waits = state_ == State::kResting || isConnecting() || state_ == State::kGreeting;
  return waits ? due_ : Time::max();
}

bool EngineEnd::takes() const {
  return state_ != State::kClosed && tail_.empty() && out_.size() < kHighWater;
}

void EngineEnd::send(std::string_view content, bool stays, Time now) {
  assert(takes());
  if (!hasWaiting()) progress_ = now;
  out_ += messageHeader(content.size());
  if (stays) {
    tail_ = content;
  } else {
    out_ += content;
  }
}

std::error_code EngineEnd::flush(Time now) {
  if (!wantsWrite()) return {};
  const IoOutcome outcome = writeSome(socket_, asBytes(out_).subspan(sent_), asBytes(tail_));
  if (outcome.status == IoStatus::kBroken) return outcome.error;
  if (outcome.bytes > 0) progress_ = now;
  const std::size_t of_out = std::min(outcome.bytes, out_.size() - sent_);
  sent_ += of_out;
  tail_.remove_prefix(outcome.bytes - of_out);
  if (sent_ < out_.size()) return {};
  if (out_.capacity() > kKeptCapacity) out_ = {};
  out_.clear();
  sent_ = 0;
  return {};
}

void EngineEnd::dropWaiting() {
  out_.clear();
  sent_ = 0;
  tail_ = {};
}

std::optional<EngineEnd::Time> EngineEnd::stuckSince() const {
  if (!wantsWrite()) return {};
  return progress_;
}

IoOutcome EngineEnd::read(std::span<std::byte> buffer) { return readSome(socket_, buffer); }

void EngineEnd::shutdownWrite() {
  try {
    socket_.shutdownSend();
  } catch (const Poco::Exception&) {
    // It is gone already, which the next read says.
  }
}

void EngineEnd::close() {
  socket_.close();
  state_ = State::kClosed;
  dropWaiting();
}

}  // namespace holdfast::proxy
