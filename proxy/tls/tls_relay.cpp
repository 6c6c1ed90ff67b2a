#include "proxy/tls/tls_relay.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <utility>

#include "config/quantities.h"
#include "proxy/session/socket_io.h"

namespace holdfast::proxy {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kForever{-1};
/// For the peer's own end, after it was told ours and the plain side was closed for good.
constexpr milliseconds kLinger{1000};

/// \return false: it is not connected any more
bool shutDownSending(Poco::Net::StreamSocket& socket) {
  try {
    socket.shutdownSend();
  } catch (const Poco::Exception&) {
    return false;
  }
  return true;
}

}  // namespace

TlsRelay::TlsRelay(const TlsContext& context, const Poco::Net::StreamSocket& peer,
                   const Poco::Net::StreamSocket& inner, const std::string& host,
                   const TlsPumpLimits& limits, std::function<void()> on_secure)
    : limits_(limits),
      on_secure_(std::move(on_secure)),
      peer_(peer),
      inner_(inner),
      tls_(context, peer_, host) {
  makePrompt(peer_);
  makePrompt(inner_);
}

void TlsRelay::stop() {
  stopping_ = true;
  poll_.wake();
}

std::string TlsRelay::run() {
  setDeadline(limits_.handshake);
  while (!stopping_) {
    bool moved = is_secure_ ? moveIn() : shakeHands();
    moved = moveOut() || moved;
    if (failed_) return tls_.problem();
    if (isOver()) return {};
    if (!moved && !wait()) return lateness();
  }
  return {};
}

bool TlsRelay::isOver() const {
  if (!is_secure_) return inner_ended_ || inner_is_gone_;  // nobody waits for it
  return end_told_ && peer_ended_ && in_.empty();
}

std::string TlsRelay::lateness() const {
  if (!is_secure_) {
    return "the TLS handshake was not done within " + durationText(limits_.handshake);
  }
  return end_told_ ? "" : "it did not take in time what was left for it";
}

/// \return whether the call was done
bool TlsRelay::settle(TlsStatus status, Awaits& awaits) {
  awaits = Awaits::kNothing;
  if (status == TlsStatus::kWantsRead) awaits = Awaits::kRead;
  if (status == TlsStatus::kWantsWrite) awaits = Awaits::kWrite;
  failed_ = failed_ || status == TlsStatus::kFailed;
  return status == TlsStatus::kDone;
}

bool TlsRelay::shakeHands() {
  if (read_awaits_ != Awaits::kNothing) return false;
  if (!settle(tls_.handshake(), read_awaits_)) return false;
  is_secure_ = true;
  deadline_ = Clock::time_point::max();
  on_secure_();
  return true;
}

// -- from the peer to the plain side --------------------------------------

bool TlsRelay::moveIn() {
  bool moved = in_.empty() && !peer_ended_ && read_awaits_ == Awaits::kNothing && readPeer();
  moved = (!in_.empty() && !inner_is_full_ && giveInner()) || moved;
  if (peer_ended_ && in_.empty() && !std::exchange(inner_told_, true)) endInner();
  return moved;
}

bool TlsRelay::readPeer() {
  std::size_t count = 0;
  const TlsStatus status = tls_.read(in_.room(), count);
  if (settle(status, read_awaits_)) in_.fill(count);
  peer_ended_ = status == TlsStatus::kEnd;
  return read_awaits_ == Awaits::kNothing;
}

bool TlsRelay::giveInner() {
  if (!inner_is_gone_) {
    const IoOutcome outcome = writeSome(inner_, in_.content(), {});
    in_.take(outcome.bytes);
    inner_is_full_ = outcome.status == IoStatus::kWouldBlock;
    if (outcome.status == IoStatus::kBroken) loseInner();
  }
  // Nobody takes it, but the peer must come to its end.
  if (inner_is_gone_) in_.clear();
  return !inner_is_full_;
}

void TlsRelay::endInner() {
  if (inner_is_gone_) return;
  if (!shutDownSending(inner_)) loseInner();
}

void TlsRelay::loseInner() {
  if (std::exchange(inner_is_gone_, true)) return;
  inner_is_full_ = false;
  if (is_secure_) setDeadline(end_told_ ? kLinger : limits_.close);
}

// -- from the plain side to the peer --------------------------------------

bool TlsRelay::moveOut() {
  const bool moved = out_.empty() && !inner_ended_ && !inner_is_dry_ && takeInner();
  if (!is_secure_ || write_awaits_ != Awaits::kNothing) return moved;
  if (!out_.empty()) return writePeer() || moved;
  return (inner_ended_ && !end_told_ && tellEnd()) || moved;
}

bool TlsRelay::takeInner() {
  const IoOutcome outcome = readSome(inner_, out_.room());
  switch (outcome.status) {
    case IoStatus::kDone:
      out_.fill(outcome.bytes);
      return true;
    case IoStatus::kWouldBlock:
      inner_is_dry_ = true;
      return false;
    case IoStatus::kBroken:
      loseInner();
      break;
    case IoStatus::kEnded:
      if (is_secure_ && !inner_is_gone_) setDeadline(limits_.close);
      break;
  }
  inner_ended_ = true;
  return true;
}

bool TlsRelay::writePeer() {
  std::size_t count = 0;
  if (!settle(tls_.write(out_.content(), count), write_awaits_)) return false;
  out_.take(count);
  return true;
}

bool TlsRelay::tellEnd() {
  if (!settle(tls_.end(), write_awaits_)) return false;
  end_told_ = true;
  shutDownSending(peer_);
  // Closing over what the peer still sends would take back what it has not read yet. As long as the
  // plain side is open, somebody there waits for the peer's end.
  setDeadline(inner_is_gone_ ? kLinger : limits_.close);
  return true;
}

// -- time -----------------------------------------------------------------

void TlsRelay::setDeadline(milliseconds time) { deadline_ = Clock::now() + time; }

bool TlsRelay::wait() {
  const bool reads = !is_secure_ || (in_.empty() && !peer_ended_);
  const bool writes = is_secure_ && (!out_.empty() || (inner_ended_ && !end_told_));
  const auto awaits = [&](Awaits what) {
    return (reads && read_awaits_ == what) || (writes && write_awaits_ == what);
  };
  std::array<Watched, 2> watched;
  auto& [peer, inner] = watched;
  peer.read = awaits(Awaits::kRead);
  peer.write = awaits(Awaits::kWrite);
  if (peer.read || peer.write) peer.socket = &peer_;
  inner.read = out_.empty() && !inner_ended_;
  inner.write = inner_is_full_;
  // Also for nothing, to learn that it has been closed; but that is told only once.
  if (!inner_is_gone_ || inner.read) inner.socket = &inner_;

  milliseconds time = kForever;
  if (deadline_ != Clock::time_point::max()) {
    time = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
    if (time <= milliseconds::zero()) return false;
  }
  poll_.wait(watched, time);
  if (peer.readable || peer.broken) {
    if (read_awaits_ == Awaits::kRead) read_awaits_ = Awaits::kNothing;
    if (write_awaits_ == Awaits::kRead) write_awaits_ = Awaits::kNothing;
  }
  if (peer.writable || peer.broken) {
    if (read_awaits_ == Awaits::kWrite) read_awaits_ = Awaits::kNothing;
    if (write_awaits_ == Awaits::kWrite) write_awaits_ = Awaits::kNothing;
  }
  if (inner.readable || inner.broken) inner_is_dry_ = false;
  if (inner.writable) inner_is_full_ = false;
  if (inner.broken) loseInner();
  return true;
}

}  // namespace holdfast::proxy
