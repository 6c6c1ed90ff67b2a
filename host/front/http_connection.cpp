#include "host/front/http_connection.h"

#include <algorithm>
#include <charconv>

#include "host/front/http_params.h"
#include "host/log.h"
#include "host/trace.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// What a client must take in HttpLimits::pace_time while the app waits for it.
constexpr std::uint64_t kPaceBytes = 1024 * 1024;
/// A client that takes nothing for so long may give way to others.
constexpr auto kStalled = 100ms;
/// How long an answered request's unread body is drained before the connection is closed on it.
constexpr auto kLingerTime = 10s;

/// Of headers, for a trace: their values may be secrets.
std::string namesOf(const std::vector<AnswerHead::Header>& headers) {
  std::string names;
  for (const auto& header : headers) names += (names.empty() ? "" : ", ") + header.first;
  return names;
}

std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view textOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

/// One request on the connection. Outlives the connection if a responder still holds it.
class HttpRequest : public Request {
 public:
  HttpRequest(HttpConnection& connection, const RequestHead& head)
      : Request(connection.limits_.body),
        http10(head.http10),
        head_only(head.method == "HEAD"),
        has_body(head.chunked || head.length.value_or(0) > 0),
        connection_(&connection) {
    id = nextRequestId();
  }

  void onBodyTaken() override {}  // it is complete
  void start(const AnswerHead& head) override {
    if (connection_ != nullptr) connection_->sendHead(head);
  }
  void write(std::span<std::byte> chunk) override {
    if (connection_ != nullptr) connection_->sendChunk(chunk);
  }
  bool flush() override {
    if (connection_ == nullptr || !connection_->flush() || connection_ == nullptr) return true;
    if (connection_->out_.spooled() < connection_->limits_.spool_bytes) return !congested_;
    congested_ = true;
    connection_->updateInterest();
    return false;
  }
  void finish() override {
    if (connection_ != nullptr) connection_->endAnswer();
  }
  void cut() override {
    if (connection_ != nullptr) connection_->cutAnswer();
  }
  void reportError(std::string_view) override {}  // HTTP has no channel for it
  bool canUpgrade() const override {
    return connection_ != nullptr && !http10 && !has_body && !started;
  }
  Upgraded takeOver() override {
    return canUpgrade() ? std::exchange(connection_, nullptr)->giveAway() : Upgraded();
  }

  /// The client's side is gone; whoever answers is told.
  void lose() {
    connection_ = nullptr;
    if (Responder* responder = std::exchange(responder_, nullptr)) responder->onClientGone();
  }
  void detach() { connection_ = nullptr; }
  /// The app waits until its answer is taken.
  bool isCongested() const { return congested_; }

  void tellTaken() {
    if (!std::exchange(congested_, false)) return;
    if (responder_ != nullptr) responder_->onAnswerTaken();
  }

  const bool http10;
  const bool head_only;  ///< HEAD
  const bool has_body;
  bool started = false;                ///< the answer
  Framing framing = Framing::kNoBody;  ///< of the answer

 private:
  HttpConnection* connection_;
  bool congested_ = false;
};

HttpConnection::HttpConnection(EventLoop& loop, Socket socket, HttpEnds ends,
                               const HttpLimits& limits, const RequestSink& sink,
                               const FinishedSink& on_finished, Owner& owner)
    : loop_(loop),
      socket_(std::move(socket)),
      limits_(limits),
      sink_(sink),
      on_finished_(on_finished),
      owner_(owner),
      ends_(std::move(ends)) {
  socket_.setNoDelay();
  watch_ = std::make_unique<Watch>(loop, socket_.handle(), true, false,
                                   [this](Readiness ready) { onReady(ready); });
  updateInterest();
}

HttpConnection::~HttpConnection() = default;

void HttpConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  timer_.cancel();
  watch_.reset();
  socket_.close();
  const RequestEnd end = peer_gone_ ? RequestEnd::kClientLeft : RequestEnd::kCut;
  if (request_ != nullptr) {
    const auto request = request_;
    leave(end);
    request->lose();
  } else if (leaving_end_ == RequestEnd::kFinished) {
    leaving_end_ = end;
  }
  if (leaving_ != nullptr) {
    // Nearly: framing counts here as if it were body.
    std::uint64_t& bytes = leaving_->trail.body_bytes;
    bytes -= std::min(bytes, out_.size());
  }
  tellFinished();
  owner_.onClosed(*this);
}

void HttpConnection::onPeerGone() {
  peer_gone_ = true;
  close();
}

void HttpConnection::drain() {
  keep_alive_ = false;
  // A request that has come but was not read yet is still served.
  if (state_ == State::kHead) onReadable();
  if (state_ == State::kHead) return close();
  if (wantsBody()) refuse({503, "The server is stopping."});
}

std::optional<EventLoop::Clock::time_point> HttpConnection::waitsSince() {
  switch (waitsFor()) {
    case Wait::kNothing:
      if (state_ == State::kLingering) return waiting_since_;
      return std::nullopt;
    case Wait::kHead:
    case Wait::kIdle:
    case Wait::kBody:
      return waiting_since_;
    case Wait::kTaking:
    case Wait::kPace:
      break;
  }
  noteReading();
  if (EventLoop::Clock::now() - last_taken_ < kStalled) return std::nullopt;
  return last_taken_;
}

// -- what the client sends ------------------------------------------------

/// What goes wrong here without being foreseen is the end of this connection, not of the host.
void HttpConnection::onReady(Readiness ready) try {
  if (ready.writable && !flush()) return;
  if (ready.readable) return onReadable();
  // Not reading just now, so the end of the stream would go unnoticed.
  if (ready.hangup) onPeerEnd();
} catch (const std::exception& error) {
  log::error("the client " + ends_.client + ": closed: " + error.what());
  close();
}

void HttpConnection::onPeerEnd() {
  // After its last request, as `Connection: close` and HTTP/1.0 say that it is, a client may end
  // its direction and still wait for the answer. Others that end it have left.
  const bool asked_all = request_ != nullptr ? request_->body.finished() : hasUnsent();
  if (client_ended_ || keep_alive_ || !asked_all) return onPeerGone();
  client_ended_ = true;
  updateInterest();
}

void HttpConnection::onReadable() {
  const std::span<std::byte> input = loop_.readBuffer();
  const IoResult result = socket_.read(input);
  if (result.wouldBlock()) return;
  if (result.status == IoResult::Status::kClosed) return onPeerEnd();
  if (!result.ok()) return onPeerGone();
  if (state_ == State::kLingering) return;
  in_.insert(in_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(result.bytes));
  process();
}

void HttpConnection::process() {
  bool more = true;
  while (more) {
    if (state_ == State::kHead) {
      more = takeHead();
    } else {
      more = state_ == State::kRequest && wantsBody() && takeBody();
    }
  }
  if (state_ == State::kClosed) return;
  if (used_ > 0) {
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ = 0;
  }
  updateInterest();
}

bool HttpConnection::takeHead() {
  const std::string_view all = textOf(std::span(in_).subspan(used_));
  // RFC 9112, section 2.2: an empty line in front of a request is none.
  const std::size_t start = std::min(all.find_first_not_of("\r\n"), all.size());
  if (start > 0) {
    used_ += start;
    looked_at_ = 0;
    return true;
  }
  if (all.empty()) return false;
  const std::size_t end = endOfHead(all, looked_at_);
  if (std::min(end, all.size()) > limits_.head_bytes) {
    refuse({431, "The request line and headers have more than " +
                     std::to_string(limits_.head_bytes) + " bytes."});
    return false;
  }
  if (end == std::string_view::npos) {
    looked_at_ = all.size() < 3 ? 0 : all.size() - 3;
    return false;
  }
  looked_at_ = 0;
  const std::string head(all.substr(0, end));
  used_ += end;
  begin(head);
  return true;
}

void HttpConnection::begin(std::string_view text) {
  const auto parsed = parseRequestHead(text);
  if (const auto* refusal = std::get_if<HttpRefusal>(&parsed)) return refuse(*refusal);
  const RequestHead& head = std::get<RequestHead>(parsed);
  if (trace::isOn(trace::kHttp)) {
    traceMessage("<-", log::printable(head.method) + ", " + std::to_string(text.size()) +
                           " bytes of head: " + namesOf(head.headers));
  }
  auto request = std::make_shared<HttpRequest>(*this, head);
  if (!paramsFromHttp(head, ends_, request->params)) {
    return refuse({400, "The path of the URL is not correctly percent-encoded."});
  }
  keep_alive_ = keep_alive_ && head.keep_alive;
  state_ = State::kRequest;
  request_ = std::move(request);
  beginBody(head);
}

void HttpConnection::beginBody(const RequestHead& head) {
  chunked_.reset();
  body_received_ = 0;
  body_left_ = head.length.value_or(0);
  if (body_left_ > limits_.body.total_bytes) return refuseLargeBody();
  if (head.chunked) {
    chunked_.emplace();
  } else if (body_left_ == 0) {
    return endBody();
  }
  const bool nothing_came = in_.size() == used_;
  if (!head.expects_continue || head.http10 || !nothing_came) return;
  put(bytesOf("HTTP/1.1 100 Continue\r\n\r\n"), false);
  flush();
}

bool HttpConnection::wantsBody() const { return request_ != nullptr && !request_->body.finished(); }

bool HttpConnection::takeBody() {
  if (used_ == in_.size()) return false;
  return chunked_ ? takeChunked() : takeCounted();
}

bool HttpConnection::takeCounted() {
  const std::span<const std::byte> here = std::span(in_).subspan(used_);
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(here.size(), body_left_));
  used_ += count;
  body_left_ -= count;
  if (!addBody(here.first(count))) return false;
  if (body_left_ == 0) endBody();
  return true;
}

bool HttpConnection::takeChunked() {
  std::span<const std::byte> here = std::span(in_).subspan(used_);
  std::span<const std::byte> piece;
  const ChunkedStatus status = chunked_->next(here, piece);
  used_ = in_.size() - here.size();
  switch (status) {
    case ChunkedStatus::kPiece:
      return addBody(piece);
    case ChunkedStatus::kEnd:
      endBody();
      return true;
    case ChunkedStatus::kMalformed:
      refuse({400, "The body is not correctly cut into chunks."});
      return false;
    case ChunkedStatus::kNeedMore:
      break;
  }
  return false;
}

bool HttpConnection::addBody(std::span<const std::byte> piece) {
  body_received_ += piece.size();
  if (trace::isOn(trace::kHttp))
    traceMessage("<-", std::to_string(piece.size()) + " bytes of body");
  const bool kept = request_->body.append(piece);
  if (request_->body.isTooLarge()) {
    refuseLargeBody();
    return false;
  }
  if (!kept) {
    log::warning("request " + request_->id +
                 ": refused: its body does not fit into memory, and there is " +
                 request_->body.problem());
    refuse({507, "There is no room for the body of the request."});
    return false;
  }
  return true;
}

void HttpConnection::endBody() {
  if (trace::isOn(trace::kHttp)) traceMessage("<-", "end of request");
  request_->body.finish();
  // Its length is known by now, and many apps ask for no other sign of a body.
  if (chunked_) request_->params.add("CONTENT_LENGTH", std::to_string(body_received_));
  request_->trail.received = RequestTrail::Clock::now();
  sink_(request_);
}

void HttpConnection::refuseLargeBody() {
  refuse({413, "The body of the request has more than " + std::to_string(limits_.body.total_bytes) +
                   " bytes."});
}

/// A short answer of our own, after which the connection ends: what comes next on it is not
/// certain.
void HttpConnection::refuse(const HttpRefusal& refusal) {
  if (trace::isOn(trace::kHttp)) traceMessage("->", std::to_string(refusal.status) + " of our own");
  keep_alive_ = false;
  if (request_ != nullptr) {
    if (request_->started) return close();
    const auto request = request_;
    request->trail.status = refusal.status;
    leave(RequestEnd::kFinished);
    request->lose();
  }
  owner_.onRefused("the client " + ends_.client + " was answered " +
                   std::to_string(refusal.status) + ": " + log::printable(refusal.why));
  state_ = State::kRequest;  // whose answer this is
  put(bytesOf(encodeRefusal(refusal)), false);
  endConnection();
}

// -- what the client gets -------------------------------------------------

void HttpConnection::sendHead(const AnswerHead& head) {
  HttpRequest& request = *request_;
  request.started = true;
  request.trail.status = head.status;
  request.framing = framingFor(head, request.head_only, request.http10);
  if (request.framing == Framing::kClose) keep_alive_ = false;
  const std::string text = encodeHead(head, request.framing, request.http10, keep_alive_);
  if (trace::isOn(trace::kHttp)) {
    traceMessage("->", std::to_string(head.status) + ", " + std::to_string(text.size()) +
                           " bytes of head: " + namesOf(head.headers));
  }
  put(bytesOf(text), false);
}

void HttpConnection::sendChunk(std::span<std::byte> chunk) {
  if (chunk.empty() || request_->framing == Framing::kNoBody) return;
  request_->trail.body_bytes += chunk.size();
  if (trace::isOn(trace::kHttp))
    traceMessage("->", std::to_string(chunk.size()) + " bytes of body");
  if (request_->framing != Framing::kChunked) return put(chunk, true);
  // Into the scratch in front of the chunk, so that size and data are one piece.
  static_assert(Request::kMaxChunkBytes <= 0xffff && Request::kHeadroomBytes >= 6);
  char size[2 * sizeof(std::size_t) + 2];
  char* end = std::to_chars(size, size + 2 * sizeof(std::size_t), chunk.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const auto length = static_cast<std::size_t>(end - size);
  std::byte* const front = chunk.data() - length;
  std::copy_n(reinterpret_cast<const std::byte*>(size), length, front);
  put({front, length + chunk.size()}, true);
  put(bytesOf("\r\n"), false);
}

void HttpConnection::put(std::span<const std::byte> bytes, bool borrowed) {
  if (out_.put(bytes, borrowed)) return;
  log::warning((request_ ? "request " + request_->id + ": cut" : std::string("an answer is cut")) +
               ": its client is slow, and there is " + out_.problem());
  loop_.defer([this] { close(); });
}

void HttpConnection::endAnswer() {
  if (trace::isOn(trace::kHttp)) traceMessage("->", "end of answer");
  if (request_->framing == Framing::kChunked) put(bytesOf("0\r\n\r\n"), false);
  request_->detach();
  leave(RequestEnd::kFinished);
  answered_any_ = true;
  if (!keep_alive_) return endConnection();
  flush();
}

/// The client must not take what it has for the whole: no last chunk, no keep-alive.
void HttpConnection::cutAnswer() {
  if (trace::isOn(trace::kHttp)) traceMessage("->", "cut of the answer");
  keep_alive_ = false;
  const bool by_close = request_->framing == Framing::kClose;
  request_->detach();
  leave(RequestEnd::kCut);
  if (by_close) {
    watch_.reset();
    socket_.reset();
    return close();
  }
  endConnection();
}

Upgraded HttpConnection::giveAway() {
  if (trace::isOn(trace::kHttp)) traceMessage("--", "given away");
  const std::string_view behind = textOf(std::span(in_).subspan(used_));
  timer_.cancel();
  watch_.reset();
  state_ = State::kClosed;
  Upgraded given{std::move(socket_), std::string(behind)};
  leave(RequestEnd::kFinished);
  tellFinished();
  owner_.onClosed(*this);
  return given;
}

/// There is no current request any more, only the rest of its answer.
void HttpConnection::leave(RequestEnd end) {
  leaving_ = std::exchange(request_, nullptr);
  leaving_->trail.answered = RequestTrail::Clock::now();
  leaving_->body.clear();
  leaving_end_ = end;
}

void HttpConnection::tellFinished() {
  if (const auto request = std::exchange(leaving_, nullptr)) {
    request->conclude(on_finished_, leaving_end_);
  }
}

bool HttpConnection::flush() {
  if (state_ == State::kClosed) return false;
  const std::uint64_t before = out_.sent();
  if (out_.flush(socket_) != IoResult::Status::kOk) {
    onPeerGone();
    return false;
  }
  if (out_.sent() > before) last_taken_ = EventLoop::Clock::now();
  if (hasUnsent()) {
    unread_ = socket_.unreadByPeer();
  } else {
    onAllSent();
  }
  if (state_ != State::kClosed) updateInterest();
  return state_ != State::kClosed;
}

void HttpConnection::onAllSent() {
  tellFinished();
  if (state_ == State::kEnding) return endConnection();
  if (request_ != nullptr) {
    const auto request = request_;  // going on may end it
    return request->tellTaken();
  }
  if (state_ != State::kRequest) return;
  state_ = State::kHead;
  // A request that was sent ahead. Not from in here: its answer may come at once.
  loop_.defer([this] {
    if (state_ == State::kHead) process();
  });
}

/// As soon as what was written is out. Closing over unread input would reset the connection, and
/// the answer with it (RFC 9112, section 9.6): end our side, and read until the other ends.
void HttpConnection::endConnection() {
  if (state_ == State::kRequest) {
    state_ = State::kEnding;
    if (hasUnsent()) {
      flush();
      return;
    }
  }
  if (state_ != State::kEnding || hasUnsent()) return;
  tellFinished();
  if (client_ended_) return close();
  state_ = State::kLingering;
  socket_.shutdownWrite();
  updateInterest();
  timer_ = loop_.after(kLingerTime, [this] { close(); });
}

// -- time -----------------------------------------------------------------

HttpConnection::Wait HttpConnection::waitsFor() const {
  if (state_ == State::kClosed || state_ == State::kLingering) return Wait::kNothing;
  if (state_ == State::kHead) {
    return answered_any_ && in_.size() == used_ ? Wait::kIdle : Wait::kHead;
  }
  if (wantsBody()) return Wait::kBody;
  if (!hasUnsent()) return Wait::kNothing;
  return request_ != nullptr && request_->isCongested() ? Wait::kPace : Wait::kTaking;
}

void HttpConnection::updateInterest() {
  if (state_ == State::kClosed) return;
  const bool may_read = state_ == State::kHead || state_ == State::kLingering || wantsBody();
  watch_->want(may_read && !client_ended_, !out_.empty(), !client_ended_);
  if (state_ != State::kLingering && waitsFor() != waiting_) runTimer(waitsFor());
}

void HttpConnection::runTimer(Wait wait) {
  const bool is_new = std::exchange(waiting_, wait) != wait;
  waiting_since_ = EventLoop::Clock::now();
  progress_ = body_received_;
  timer_.cancel();
  if (wait == Wait::kNothing) return;
  if (is_new && (wait == Wait::kTaking || wait == Wait::kPace)) {
    last_taken_ = waiting_since_;
    unread_ = socket_.unreadByPeer();
    pace_.start(out_.sent(), unread_);
  }
  timer_ = loop_.after(limitOf(wait), [this] { onTimeOut(); });
}

std::chrono::milliseconds HttpConnection::limitOf(Wait wait) const {
  switch (wait) {
    case Wait::kHead:
      return limits_.head_time;
    case Wait::kIdle:
      return limits_.idle_time;
    case Wait::kBody:
      return limits_.body_time;
    case Wait::kTaking:
      return limits_.send_time;
    case Wait::kPace:
    case Wait::kNothing:
      break;
  }
  return std::min(limits_.pace_time, limits_.send_time);
}

void HttpConnection::onTimeOut() {
  switch (waiting_) {
    case Wait::kNothing:
    case Wait::kIdle:
      return close();
    case Wait::kHead:
      if (used_ == in_.size()) return close();
      return refuse({408, "The request did not come in time."});
    case Wait::kBody:
      if (body_received_ - progress_ >= limits_.least_bytes) return runTimer(waiting_);
      return refuse({408, "The request did not come in time."});
    case Wait::kTaking:
    case Wait::kPace:
      return onTakingTime();
  }
}

void HttpConnection::onTakingTime() {
  noteReading();
  const std::uint64_t least = waiting_ == Wait::kPace ? kPaceBytes : limits_.least_bytes;
  const std::uint64_t taken = pace_.taken(out_.sent(), unread_);
  if (pace_.suffices(out_.sent(), unread_, least)) return runTimer(waiting_);
  const auto& request = request_ != nullptr ? request_ : leaving_;
  log::warning((request ? "request " + request->id + ": cut: " : std::string()) + "the client " +
               ends_.client + " did not take its answer in time: " + std::to_string(taken) +
               " bytes in " + std::to_string(limitOf(waiting_).count()) + " ms, at least " +
               std::to_string(least) + " are wanted" +
               (waiting_ == Wait::kPace ? "" : " (server.send_timeout)"));
  close();
}

void HttpConnection::noteReading() {
  const std::size_t unread = socket_.unreadByPeer();
  if (unread < std::exchange(unread_, unread)) last_taken_ = EventLoop::Clock::now();
}

void HttpConnection::traceMessage(const char* way, const std::string& what) const {
  trace::say(trace::kHttp, "client " + ends_.client + " (" + std::to_string(socket_.handle()) +
                               ")" + (request_ ? " request " + request_->id : "") + ' ' + way +
                               ' ' + what);
}

}  // namespace holdfast
