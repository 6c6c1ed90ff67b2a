#include "proxy/session/session_relay.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/tap/dap_envelope.h"

namespace holdfast::proxy {

namespace {

/// Bytes of one read from the engine; what a frame's header of 4 bytes can say.
constexpr std::size_t kEngineRead = 0xffff;
/// For what an engine sends after it has answered a goodbye. Not all close the connection then.
constexpr std::chrono::milliseconds kDrain{500};
/// An engine that is still answering what the client has asked before gets its limit anew with each
/// answer, but not for ever: this many times.
constexpr int kGoodbyes = 10;
/// A frame of the client is a piece of its stream: as long as a message may be, with its header.
constexpr std::size_t kFrameSlack = std::size_t{64} << 10;

ClientEnd::Limits clientLimits(const SessionLimits& limits) {
  return {limits.ping, limits.silence, limits.close, limits.max_message + kFrameSlack};
}

}  // namespace

SessionRelay::SessionRelay(SessionPlan plan, Outside outside)
    : plan_(std::move(plan)),
      outside_(std::move(outside)),
      now_(std::chrono::steady_clock::now()),
      client_(plan_.client, std::move(plan_.head), plan_.leftover, clientLimits(plan_.limits),
              now_),
      engine_(plan_.engine, {plan_.rest, plan_.limits.connect, plan_.limits.greeting}),
      from_client_(plan_.limits.max_message),
      from_engine_(plan_.limits.max_message),
      engine_buffer_(kMaxFrameHeader + kEngineRead) {}

void SessionRelay::run() {
  client_.flush(now_);
  // Nothing would wake us for what came behind the upgrade.
  relayToEngine();
  if (client_.farewell()) clientEnded();
  while (!client_.isClosed() || phase_ != Phase::kClosed) {
    tellEnd();
    step();
  }
  tellEnd();
}

void SessionRelay::tellEnd() {
  if (told_ || phase_ != Phase::kClosed) return;
  told_ = true;
  end_.cause = ending_->cause;
  end_.text = ending_->text;
  outside_.on_end(end_);
}

void SessionRelay::step() {
  std::array<Watched, 2> watched{
      Watched{client_.socket(), readsClient(), client_.wantsWrite()},
      Watched{engine_.socket(), readsEngine(), engine_.isConnecting() || engine_.wantsWrite()}};
  const bool called = outside_.poll.wait(watched, timeUntilDue());
  now_ = std::chrono::steady_clock::now();
  serveEngine(watched[1]);
  if (phase_ == Phase::kOpening && engine_.isOpen()) onOpened();
  serveClient(watched[0]);
  if (called) obey(outside_.take_orders());
  relayToEngine();
  checkTime();
  if (client_.farewell()) clientEnded();
}

bool SessionRelay::readsClient() const {
  return ending_ || (client_.isUsedUp() && piece_.empty() && engine_.takes());
}

bool SessionRelay::readsEngine() const {
  return engine_.isConnected() && (ending_ || client_.takes());
}

std::chrono::milliseconds SessionRelay::timeUntilDue() const {
  Time due = std::min({engine_due_, engine_.due(), client_.next()});
  if (const auto since = engine_.stuckSince()) due = std::min(due, *since + plan_.limits.silence);
  if (due == Time::max()) return std::chrono::milliseconds(-1);
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(due - now_),
                  std::chrono::milliseconds(0));
}

// --- from the client to the engine ---

void SessionRelay::serveClient(const Watched& client) {
  if (client_.isClosed()) return;
  if (client.writable) client_.flush(now_);
  if (client_.isClosed()) return;
  if (readsClient() && (client.readable || client.broken)) {
    client_.read(now_);
  } else if (client.broken) {
    client_.lose("");
  }
}

void SessionRelay::relayToEngine() {
  do {
    while (!ending_ && engine_.takes() && relayPiece()) {
    }
    sayGoodbye();
    if (const std::error_code error = engine_.flush(now_)) engineEnded(error.message());
    // Nothing else would wake us for what the client has sent already.
  } while (!ending_ && engine_.takes() && !(piece_.empty() && client_.isUsedUp()));
}

/// \return whether there may be more
bool SessionRelay::relayPiece() {
  if (piece_.empty()) {
    if (!client_.nextPiece(piece_)) return false;
    end_.bytes_from_client += piece_.size();
  }
  std::span<const std::byte> input = piece_;
  std::string_view content;
  const DecodeStatus status = from_client_.next(input, content);
  piece_ = piece_.last(input.size());
  switch (status) {
    case DecodeStatus::kMessage:
      if (phase_ == Phase::kWaiting && !openEngine(content)) break;
      // What is longer than a piece was gathered by the decoder, who keeps it until its next call.
      sendToEngine(content, content.size() > client_.bufferSize());
      break;
    case DecodeStatus::kNeedMore:
      break;
    case DecodeStatus::kProtocolError:
      begin(clientSpeaksNoDap());
      break;
    case DecodeStatus::kTooBig:
      begin(clientMessageTooLong(plan_.limits));
      break;
  }
  return true;
}

/// \return whether the message may follow
bool SessionRelay::openEngine(std::string_view first_message) {
  if (!readEnvelope(first_message).isRequest("initialize")) {
    begin(clientDoesNotInitialize());
    return false;
  }
  phase_ = Phase::kOpening;
  engine_.open(now_);
  return true;
}

void SessionRelay::sendToEngine(std::string_view content, bool stays) {
  const bool named = !conversation_.clientName().empty();
  conversation_.onClient(content);
  if (!named && !conversation_.clientName().empty()) {
    outside_.on_client_name(conversation_.clientName());
  }
  if (plan_.observer != nullptr) plan_.observer->onClientMessage(content);
  engine_.send(content, stays, now_);
}

// --- from the engine to the client ---

void SessionRelay::serveEngine(const Watched& engine) {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kOpening) {
    const std::error_code error = engine_.advance(now_, engine.writable || engine.broken);
    if (error) return engineEnded(error.message());
  }
  if (readsEngine() && (engine.readable || engine.broken)) {
    readEngine();
  } else if (engine.broken && engine_.isConnected()) {
    engineEnded("");
  }
}

void SessionRelay::onOpened() {
  if (!ending_) {
    phase_ = Phase::kRelaying;
    engine_due_ = now_ + plan_.limits.answer;
  } else {
    // It has heard nothing, there is nothing to take back.
    drain();
  }
}

void SessionRelay::drain() {
  phase_ = Phase::kDraining;
  engine_due_ = now_ + kDrain;
  engine_.shutdownWrite();
}

void SessionRelay::readEngine() {
  if (finishing_message_ && !client_.takes()) {
    // The engine's answer to the goodbye is behind what this client does not take.
    finishing_message_ = false;
    closeClient();
  }
  const bool for_client = !ending_ || finishing_message_;
  const std::span<std::byte> room = roomForEngine(for_client);
  const IoOutcome outcome = engine_.read(room);
  if (outcome.status == IoStatus::kWouldBlock) return;
  if (outcome.status != IoStatus::kDone) {
    return engineEnded(outcome.error ? outcome.error.message() : "");
  }
  const std::span<std::byte> bytes = room.first(outcome.bytes);
  std::span<const std::byte> unheard = bytes;
  if (finishing_message_) {
    const bool finished = hearEngine(unheard);
    passToClient(bytes.first(bytes.size() - unheard.size()));
    finishing_message_ = !finished && !deaf_;
    if (!finishing_message_) closeClient();
  }
  while (hearEngine(unheard)) {
  }
  if (!ending_) passToClient(bytes);
  if (conversation_.greeted()) engine_.onGreeted();
  if (phase_ == Phase::kRelaying && (conversation_.answered() || deaf_)) engine_due_ = Time::max();
}

std::span<std::byte> SessionRelay::roomForEngine(bool for_client) {
  if (for_client) return std::span(engine_buffer_).subspan(kMaxFrameHeader);
  // The other one may still be on its way to the client.
  discard_buffer_.resize(kEngineRead);
  return discard_buffer_;
}

bool SessionRelay::hearEngine(std::span<const std::byte>& bytes) {
  if (deaf_) return false;
  std::string_view content;
  const DecodeStatus status = from_engine_.next(bytes, content);
  deaf_ = status == DecodeStatus::kProtocolError || status == DecodeStatus::kTooBig;
  if (deaf_ && plan_.observer != nullptr) plan_.observer->onBlind();
  if (status != DecodeStatus::kMessage) return false;
  conversation_.onEngine(content);
  if (phase_ == Phase::kGoodbye && readEnvelope(content).type == Envelope::Type::kResponse) {
    engine_due_ = std::min<Time>(now_ + plan_.limits.goodbye, goodbye_until_);
  }
  if (plan_.observer != nullptr) plan_.observer->onEngineMessage(content);
  return true;
}

void SessionRelay::passToClient(std::span<std::byte> bytes) {
  if (bytes.empty()) return;
  end_.bytes_to_client += bytes.size();
  client_.send(bytes, now_);
}

// --- the end ---

void SessionRelay::obey(const SessionOrders& orders) {
  if (orders.engine_gone && phase_ != Phase::kClosed) {
    releaseEngine(true);
    begin(engineDied());
  }
  if (orders.end) begin(endedByHost(orders.end->code, orders.end->reason, orders.end->restart));
}

void SessionRelay::checkTime() {
  client_.onTime(now_, readsClient());
  const auto stuck = engine_.stuckSince();
  if (stuck && now_ >= *stuck + plan_.limits.silence) {
    releaseEngine(false);
    begin(engineTakesNothing(plan_.limits));
  }
  if (now_ < engine_due_) return;
  if (phase_ == Phase::kRelaying) {
    giveUpAnswer();
  } else {
    releaseEngine(phase_ == Phase::kDraining);
  }
}

void SessionRelay::giveUpAnswer() {
  if (!readsEngine()) {
    // It may stand behind what this client does not take.
    engine_due_ = now_ + plan_.limits.answer;
    return;
  }
  releaseEngine(false);
  begin(engineDoesNotAnswer(plan_.limits));
}

/// The client has ended the session, or has gone while it ended.
void SessionRelay::clientEnded() {
  if (finishing_message_) {
    finishing_message_ = false;
    closeClient();
  }
  begin(endedByClient(*client_.farewell(), plan_.limits));
}

/// The first one counts.
void SessionRelay::begin(SessionEnding ending) {
  if (ending_) return;
  ending_ = std::move(ending);
  outside_.on_ending();
  piece_ = {};
  if (phase_ == Phase::kWaiting || (phase_ == Phase::kOpening && engine_.socket() == nullptr)) {
    releaseEngine(true);
  } else if (phase_ == Phase::kOpening) {
    engine_.dropWaiting();  // onOpened() goes on
  } else if (phase_ == Phase::kRelaying) {
    phase_ = Phase::kGoodbye;
    engine_due_ = now_ + plan_.limits.goodbye;
    goodbye_until_ = now_ + kGoodbyes * plan_.limits.goodbye;
  }
  client_.stopListening(now_);
  finishing_message_ =
      phase_ != Phase::kClosed && !client_.farewell() && !deaf_ && !from_engine_.atBoundary();
  if (!finishing_message_) closeClient();
  sayGoodbye();
}

/// \param error  the system's word, if any
void SessionRelay::engineEnded(const std::string& error) {
  const bool connected = engine_.isConnected();
  // One that is there, but does not talk, needs to be replaced.
  releaseEngine(connected && (ending_ || conversation_.answered() || deaf_));
  const bool expected = conversation_.goodbyeSaid() || conversation_.terminated();
  begin(connected ? engineClosed(expected, error) : engineUnreachable(error));
}

/// Closes the engine's connection.
void SessionRelay::releaseEngine(bool released) {
  if (phase_ == Phase::kClosed) return;
  engine_.close();
  phase_ = Phase::kClosed;
  engine_due_ = Time::max();
  end_.engine_released = released;
  if (!finishing_message_) return;
  finishing_message_ = false;
  closeClient();
}

void SessionRelay::sayGoodbye() {
  if (phase_ != Phase::kGoodbye) return;
  if (conversation_.goodbyeAnswered()) {
    drain();
  } else if (!conversation_.goodbyeSaid() && !goodbye_said_ && engine_.takes()) {
    goodbye_said_ = true;
    sendToEngine(conversation_.goodbye(), false);
  }
}

void SessionRelay::closeClient() {
  using Kind = ClientEnd::Farewell::Kind;
  const auto& farewell = client_.farewell();
  const bool listens = !client_.isClosed() && (!farewell || farewell->kind != Kind::kClosed);
  const bool may_speak = listens && !deaf_ && from_engine_.atBoundary();
  if (may_speak && conversation_.begun() && !conversation_.terminated()) {
    client_.sendText(encodeMessage(conversation_.terminatedEvent(ending_->restart)));
  }
  client_.close(ending_->code, ending_->reason, now_);
}

}  // namespace holdfast::proxy
