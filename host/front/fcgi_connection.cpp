#include "host/front/fcgi_connection.h"

#include <fastcgi.h>

#include <algorithm>
#include <charconv>

#include "host/log.h"
#include "host/trace.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kStreamedTypes = 1U << FCGI_PARAMS | 1U << FCGI_STDIN | 1U << FCGI_DATA;
/// How long an answered request's unread body is drained before the connection is closed on it.
constexpr auto kLingerTime = 10s;
/// A web server that does not take its answers is asked nothing more: each record may need one.
constexpr std::size_t kMaxUnsentBytes = 4 * Request::kAnswerWindowBytes;
/// A record header of a version that does not exist.
constexpr std::string_view kNoRecord("\0\0\0\0\0\0\0\0", kRecordHeaderBytes);
/// A web server logs what it gets on FCGI_STDERR; no more than this of one request.
constexpr std::size_t kMaxStderrBytes = 16 * 1024;

std::uint8_t octet(std::byte value) { return std::to_integer<std::uint8_t>(value); }

void appendEndRequest(std::vector<std::byte>& out, std::uint16_t request_id,
                      std::uint32_t app_status, std::uint8_t protocol_status) {
  const char body[8] = {static_cast<char>(app_status >> 24),
                        static_cast<char>(app_status >> 16),
                        static_cast<char>(app_status >> 8),
                        static_cast<char>(app_status),
                        static_cast<char>(protocol_status),
                        0,
                        0,
                        0};
  appendRecord(out, FCGI_END_REQUEST, request_id, {body, sizeof body});
}

/// As the specification has it, without FCGI_.
std::string recordTypeName(std::uint8_t type) {
  constexpr const char* kNames[] = {
      "BEGIN_REQUEST", "ABORT_REQUEST", "END_REQUEST", "PARAMS",     "STDIN",
      "STDOUT",        "STDERR",        "DATA",        "GET_VALUES", "GET_VALUES_RESULT",
      "UNKNOWN_TYPE"};
  if (type >= 1 && type <= std::size(kNames)) return kNames[type - 1];
  return "type " + std::to_string(type);
}

/// CGI 1.1 header block (RFC 3875, section 6.3) of an answer.
std::string headerBlock(const AnswerHead& head) {
  std::string block = "Status: " + std::to_string(head.status) + ' ' +
                      (head.reason.empty() ? reasonFor(head.status) : head.reason) + "\r\n";
  for (const auto& [name, value] : head.headers) {
    block.append(name).append(": ").append(value).append("\r\n");
  }
  return block.append("\r\n");
}

}  // namespace

/// One request on the connection. Outlives the connection if a responder still holds it.
class FcgiRequest : public Request {
 public:
  FcgiRequest(FcgiConnection& connection, std::uint16_t request_id, bool keep_connection)
      : Request(connection.limits_.body),
        connection_(&connection),
        request_id_(request_id),
        keep_connection_(keep_connection) {
    id = nextRequestId();
  }

  void onBodyTaken() override {
    if (connection_ != nullptr) connection_->updateInterest();
  }

  void start(const AnswerHead& head) override {
    if (connection_ == nullptr) return;
    started_ = true;
    trail.status = head.status;
    const std::string block = headerBlock(head);
    connection_->traceRecord("->", FCGI_STDOUT, request_id_, block.size());
    appendStream(connection_->out_.tail(), FCGI_STDOUT, request_id_, block);
  }

  void write(std::span<std::byte> chunk) override {
    if (connection_ == nullptr || chunk.empty()) return;
    trail.body_bytes += chunk.size();
    std::byte* header = chunk.data() - kHeadroomBytes;
    encodeHeader(header, {FCGI_STDOUT, request_id_, static_cast<std::uint16_t>(chunk.size())});
    connection_->traceRecord("->", FCGI_STDOUT, request_id_, chunk.size());
    connection_->out_.appendBorrowed({header, chunk.size() + kHeadroomBytes});
  }

  bool flush() override {
    if (connection_ == nullptr || !connection_->flush() || connection_ == nullptr) return true;
    congested_ = connection_->out_.size() >= kAnswerWindowBytes;
    return !congested_;
  }

  void finish() override {
    if (connection_ == nullptr) return;
    connection_->traceRecord("->", FCGI_STDOUT, request_id_, 0);
    appendRecord(connection_->out_.tail(), FCGI_STDOUT, request_id_, {});
    connection_->endRequest(*this, 0, RequestEnd::kFinished);
  }

  void cut() override {
    if (connection_ == nullptr) return;
    // Where others share the connection, an application status is all that can be said.
    if (connection_->requests_.size() > 1) {
      return connection_->endRequest(*this, 1, RequestEnd::kCut);
    }
    FcgiConnection& connection = *connection_;
    // nginx takes a connection that just ends for a complete answer; it passes on as broken what
    // ends in something that is no record.
    connection.out_.append(kNoRecord);
    connection.unread_stdin_ = !body.finished();
    connection.forget(*this, RequestEnd::kCut);
    connection.closeWhenSent();
  }

  void reportError(std::string_view text) override {
    if (connection_ == nullptr) return;
    text = text.substr(0, kMaxStderrBytes);
    connection_->traceRecord("->", FCGI_STDERR, request_id_, text.size());
    appendStream(connection_->out_.tail(), FCGI_STDERR, request_id_, text);
  }

  void pad() override {
    if (connection_ == nullptr || started_) return;
    connection_->traceRecord("->", FCGI_STDERR, request_id_, 0);
    appendPadding(connection_->out_.tail(), FCGI_STDERR, request_id_);
    connection_->flush();
  }

  /// The client's side is gone; whoever answers is told.
  void lose() {
    connection_ = nullptr;
    if (Responder* responder = std::exchange(responder_, nullptr)) responder->onClientGone();
  }

  void detach() { connection_ = nullptr; }

  void tellBody() {
    if (responder_ != nullptr) responder_->onBody();
  }

  void tellTaken() {
    congested_ = false;
    if (responder_ != nullptr) responder_->onAnswerTaken();
  }

  FcgiConnection* connection_;
  const std::uint16_t request_id_;
  const bool keep_connection_;
  std::vector<std::byte> encoded_params_;
  bool delivered_ = false;
  bool started_ = false;  ///< its answer
  bool congested_ = false;
  // Once it has ended:
  RequestEnd end_ = RequestEnd::kFinished;
  std::uint64_t end_position_ = 0;  ///< of its last byte among all that the connection sends
};

FcgiConnection::FcgiConnection(EventLoop& loop, Socket socket, std::uint64_t number,
                               const FcgiLimits& limits, const FcgiCapacity& capacity,
                               const RequestSink& sink, const FinishedSink& on_finished,
                               Owner& owner)
    : loop_(loop),
      socket_(std::move(socket)),
      number_(number),
      limits_(limits),
      capacity_(capacity),
      sink_(sink),
      on_finished_(on_finished),
      owner_(owner),
      decoder_(kStreamedTypes),
      watch_(std::make_unique<Watch>(loop, socket_.handle(), true, false,
                                     [this](Readiness ready) { onReady(ready); })) {}

FcgiConnection::~FcgiConnection() = default;

void FcgiConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  linger_.cancel();
  taking_.cancel();
  watch_.reset();
  socket_.close();
  tellUnfinished();
  owner_.onClosed(*this);
}

void FcgiConnection::onPeerGone() {
  peer_gone_ = true;
  close();
}

/// Whatever has not been told yet ends here.
void FcgiConnection::tellUnfinished() {
  const auto requests = std::move(requests_);
  requests_.clear();
  const auto leaving = std::move(leaving_);
  leaving_.clear();
  const RequestEnd end = peer_gone_ ? RequestEnd::kClientLeft : RequestEnd::kCut;
  std::uint64_t unsent = out_.size();
  const auto conclude = [&](FcgiRequest& request, RequestEnd how) {
    // Nearly: framing counts here as if it were body.
    const std::uint64_t never_left = std::min(unsent, request.trail.body_bytes);
    unsent -= never_left;
    request.trail.body_bytes -= never_left;
    if (request.delivered_) request.conclude(on_finished_, how);
  };
  for (const auto& request : requests) {
    request->lose();
    conclude(*request, end);
  }
  for (auto ended = leaving.rbegin(); ended != leaving.rend(); ++ended) {
    conclude(**ended, (*ended)->end_ == RequestEnd::kFinished ? end : (*ended)->end_);
  }
}

FcgiConnection::Use FcgiConnection::look() {
  if (state_ == State::kOpen) onReadable();
  if (state_ == State::kClosed) return Use::kClosed;
  if (!is_idle || hasUnsent()) return Use::kBusy;
  return requests_.empty() && decoder_.atBoundary() ? Use::kIdle : Use::kReceiving;
}

/// What goes wrong here without being foreseen is the end of this connection, not of the host.
void FcgiConnection::onReady(Readiness ready) try {
  if (ready.writable && !flush()) return;
  if (ready.readable) return onReadable();
  // Not reading just now, so the end of the stream would go unnoticed.
  if (ready.hangup) onPeerGone();
} catch (const std::exception& error) {
  log::error("connection " + std::to_string(number_) + ": closed: " + error.what());
  close();
}

void FcgiConnection::onReadable() {
  std::span<std::byte> input = loop_.readBuffer();
  const IoResult result = socket_.read(input);
  if (result.wouldBlock()) return;
  if (!result.ok()) {
    if (state_ == State::kOpen && !decoder_.atBoundary()) {
      log::warning("connection " + std::to_string(number_) +
                   ": closed: the web server ended it in the middle of a record");
    }
    return onPeerGone();
  }
  if (state_ != State::kOpen) return;  // only draining
  input = input.first(result.bytes);
  while (state_ == State::kOpen) {
    RecordPiece piece;
    const RecordStatus status = decoder_.next(input, piece);
    if (status == RecordStatus::kNeedMore) break;
    if (status == RecordStatus::kBadVersion) {
      return malformed("a record that is not of FastCGI version 1");
    }
    onRecord(piece);
  }
  deliverArrived();
  if (state_ == State::kOpen) flush();
}

void FcgiConnection::onRecord(RecordPiece& piece) {
  const RecordHeader& header = piece.header;
  if (piece.last) traceRecord("<-", header.type, header.request_id, header.content_length);
  if (header.request_id == FCGI_NULL_REQUEST_ID) return onManagement(piece);
  if (header.type == FCGI_BEGIN_REQUEST) return onBegin(piece);
  FcgiRequest* request = find(header.request_id);
  if (request == nullptr) {
    // Section 3.3: records of a request that is not active are ignored. It may be the body of one
    // that has been answered.
    if (header.type == FCGI_STDIN && header.content_length == 0) unread_stdin_ = false;
    return;
  }
  switch (header.type) {
    case FCGI_PARAMS:
      return onParams(*request, piece);
    case FCGI_STDIN:
      return onStdin(*request, piece);
    case FCGI_ABORT_REQUEST:
      return giveUp(*request, 0);
    default:
      return;  // FCGI_DATA is for filters, others are not ours
  }
}

void FcgiConnection::onManagement(const RecordPiece& piece) {
  if (piece.header.type != FCGI_GET_VALUES) {
    if (!piece.last) return;
    const char body[8] = {static_cast<char>(piece.header.type)};
    traceRecord("->", FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, sizeof body);
    return appendRecord(out_.tail(), FCGI_UNKNOWN_TYPE, FCGI_NULL_REQUEST_ID, {body, sizeof body});
  }
  Params asked;
  if (decodePairs(piece.content, limits_.params_pairs, asked) != PairsStatus::kOk) {
    return malformed("FCGI_GET_VALUES whose pairs are cut short");
  }
  std::string values;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::string_view name = asked[i].name;
    if (name == FCGI_MAX_CONNS) appendPair(values, name, std::to_string(capacity_.connections));
    if (name == FCGI_MAX_REQS) appendPair(values, name, std::to_string(capacity_.requests));
    if (name == FCGI_MPXS_CONNS) appendPair(values, name, "1");
    if (values.size() > kMaxRecordContentBytes - 64) break;
  }
  traceRecord("->", FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, values.size());
  appendRecord(out_.tail(), FCGI_GET_VALUES_RESULT, FCGI_NULL_REQUEST_ID, values);
}

void FcgiConnection::onBegin(const RecordPiece& piece) {
  const std::uint16_t request_id = piece.header.request_id;
  if (piece.content.size() != sizeof(FCGI_BeginRequestBody)) {
    return malformed("FCGI_BEGIN_REQUEST of " + std::to_string(piece.content.size()) +
                     " bytes instead of 8");
  }
  if (find(request_id) != nullptr) {
    return malformed("FCGI_BEGIN_REQUEST for request id " + std::to_string(request_id) +
                     ", which is still active");
  }
  const int role = octet(piece.content[0]) << 8 | octet(piece.content[1]);
  const bool keep = (octet(piece.content[2]) & FCGI_KEEP_CONN) != 0;
  unread_stdin_ = false;
  if (role != FCGI_RESPONDER) {
    owner_.onRefused("a web server was answered FCGI_UNKNOWN_ROLE: it asked for role " +
                     std::to_string(role) + ", and only responders are here");
    return refuse(request_id, keep, FCGI_UNKNOWN_ROLE);
  }
  if (requests_.size() >= limits_.requests_per_connection) {
    owner_.onRefused("a web server was answered FCGI_OVERLOADED: it has " +
                     std::to_string(requests_.size()) +
                     " requests on one connection, no more than that are taken");
    return refuse(request_id, keep, FCGI_OVERLOADED);
  }
  requests_.push_back(std::make_shared<FcgiRequest>(*this, request_id, keep));
}

void FcgiConnection::onParams(FcgiRequest& request, const RecordPiece& piece) {
  if (request.delivered_) return malformed("FCGI_PARAMS after their end");
  if (piece.header.content_length == 0) return decodeParams(request);
  std::vector<std::byte>& params = request.encoded_params_;
  if (params.size() + piece.content.size() > limits_.params_bytes) {
    return malformed("FCGI_PARAMS of more than " + std::to_string(limits_.params_bytes) + " bytes");
  }
  params.insert(params.end(), piece.content.begin(), piece.content.end());
}

void FcgiConnection::decodeParams(FcgiRequest& request) {
  request.params.reserve(64, request.encoded_params_.size());
  switch (decodePairs(request.encoded_params_, limits_.params_pairs, request.params)) {
    case PairsStatus::kOk:
      break;
    case PairsStatus::kTruncated:
      return malformed("FCGI_PARAMS whose last pair is cut short");
    case PairsStatus::kTooMany:
      return malformed("more than " + std::to_string(limits_.params_pairs) + " FCGI_PARAMS");
  }
  request.encoded_params_ = {};
  request.delivered_ = true;
  request.trail.received = RequestTrail::Clock::now();
  owner_.onIdle(*this, false);
  arrived_.push_back(std::static_pointer_cast<FcgiRequest>(request.shared_from_this()));
}

void FcgiConnection::deliverArrived() {
  // After all that came at one go, so that the end of an empty body is known by then.
  const auto arrived = std::move(arrived_);
  arrived_.clear();
  for (const auto& request : arrived) {
    if (request->connection_ != nullptr) sink_(request);
  }
}

void FcgiConnection::onStdin(FcgiRequest& request, const RecordPiece& piece) {
  if (request.body.finished()) return malformed("FCGI_STDIN after its end");
  if (piece.header.content_length == 0) {
    request.body.finish();
  } else if (!request.body.append(piece.content)) {
    log::warning("request " + request.id +
                 ": given up: its body does not fit into memory, and there is " +
                 request.body.problem());
    return giveUp(request, 507);
  } else if (request.body.isTooLarge()) {
    log::warning("request " + request.id + ": given up: its body has more than " +
                 std::to_string(limits_.body.total_bytes) + " bytes (server.max_body)");
    return giveUp(request, 413);
  }
  request.tellBody();
}

void FcgiConnection::giveUp(FcgiRequest& request, int status) {
  const auto kept = request.shared_from_this();
  const bool explained = status != 0 && !request.started_;
  if (explained) {
    AnswerHead head;
    head.status = status;
    request.start(head);
  }
  const RequestEnd end = explained ? RequestEnd::kFinished : RequestEnd::kCut;
  endRequest(request, 1, status == 0 ? RequestEnd::kClientLeft : end);
  request.lose();
}

FcgiRequest* FcgiConnection::find(std::uint16_t request_id) {
  for (const auto& request : requests_) {
    if (request->request_id_ == request_id) return request.get();
  }
  return nullptr;
}

void FcgiConnection::refuse(std::uint16_t request_id, bool keep_connection,
                            std::uint8_t protocol_status) {
  traceRecord("->", FCGI_END_REQUEST, request_id, sizeof(FCGI_EndRequestBody));
  appendEndRequest(out_.tail(), request_id, 0, protocol_status);
  if (keep_connection || !requests_.empty()) {
    flush();
    return;
  }
  unread_stdin_ = true;
  closeWhenSent();
}

void FcgiConnection::endRequest(FcgiRequest& request, std::uint32_t app_status, RequestEnd end) {
  traceRecord("->", FCGI_END_REQUEST, request.request_id_, sizeof(FCGI_EndRequestBody));
  appendEndRequest(out_.tail(), request.request_id_, app_status, FCGI_REQUEST_COMPLETE);
  const bool keep = request.keep_connection_;
  if (!request.body.finished()) unread_stdin_ = true;
  forget(request, end);
  if (keep || !requests_.empty()) {
    flush();
  } else {
    closeWhenSent();
  }
}

void FcgiConnection::forget(FcgiRequest& request, RequestEnd end) {
  request.trail.answered = RequestTrail::Clock::now();
  request.end_ = end;
  request.end_position_ = out_.sent() + out_.size();
  request.body.clear();
  request.detach();
  if (request.delivered_) {
    leaving_.push_back(std::static_pointer_cast<FcgiRequest>(request.shared_from_this()));
  }
  std::erase_if(requests_, [&](const auto& active) { return active.get() == &request; });
  if (requests_.empty()) owner_.onIdle(*this, true);
}

void FcgiConnection::malformed(const std::string& why) {
  log::warning("connection " + std::to_string(number_) + ": closed: the web server sent " + why);
  close();
}

void FcgiConnection::traceRecord(const char* way, std::uint8_t type, std::uint16_t request_id,
                                 std::size_t bytes) const {
  if (!trace::isOn(trace::kFcgi)) return;
  trace::say(trace::kFcgi, "connection " + std::to_string(number_) + ' ' + way + ' ' +
                               recordTypeName(type) + ", request id " + std::to_string(request_id) +
                               ", " + std::to_string(bytes) + " bytes");
}

bool FcgiConnection::flush() {
  if (state_ == State::kClosed) return false;
  const IoResult::Status status = out_.flush(socket_);
  if (status != IoResult::Status::kOk) {
    onPeerGone();
    return false;
  }
  tellFinished();
  if (state_ == State::kClosing && out_.empty()) {
    closeWhenSent();
    return state_ != State::kClosed;
  }
  updateInterest();
  tellTaken();
  return state_ != State::kClosed;
}

void FcgiConnection::tellFinished() {
  while (!leaving_.empty() && leaving_.front()->end_position_ <= out_.sent()) {
    const std::shared_ptr<FcgiRequest> request = std::move(leaving_.front());
    leaving_.pop_front();
    request->conclude(on_finished_, request->end_);
  }
}

void FcgiConnection::tellTaken() {
  while (out_.size() < Request::kAnswerWindowBytes / 2) {
    const auto waiting = std::find_if(requests_.begin(), requests_.end(),
                                      [](const auto& request) { return request->congested_; });
    if (waiting == requests_.end()) return;
    const std::shared_ptr<FcgiRequest> request = *waiting;  // going on may end it
    request->tellTaken();
  }
}

void FcgiConnection::closeWhenSent() {
  if (state_ == State::kOpen) {
    state_ = State::kClosing;
    if (!out_.empty()) {
      flush();
      return;
    }
  }
  if (state_ != State::kClosing || !out_.empty()) return;
  if (!unread_stdin_) return close();
  // Closing over unread input would reset the connection, and the answer with it (RFC 9112, section
  // 9.6 tells the same story for HTTP): end our side, and read until the other ends.
  state_ = State::kLingering;
  socket_.shutdownWrite();
  updateInterest();
  linger_ = loop_.after(kLingerTime, [this] { close(); });
}

void FcgiConnection::updateInterest() {
  if (state_ == State::kClosed) return;
  const bool may_read = !bodyWindowFull() && out_.size() < kMaxUnsentBytes &&
                        leaving_.size() < limits_.requests_per_connection;
  watch_->want(may_read, !out_.empty());
  watchTaking();
}

void FcgiConnection::watchTaking() {
  if (out_.empty()) {
    taking_since_ = {};
    return;
  }
  if (taking_since_ != EventLoop::Clock::time_point{}) return;
  taking_since_ = EventLoop::Clock::now();
  pace_.start(out_.sent(), socket_.unreadByPeer());
  if (!taking_) taking_ = loop_.after(limits_.send_time, [this] { onTakingTime(); });
}

void FcgiConnection::onTakingTime() {
  taking_.cancel();
  if (taking_since_ == EventLoop::Clock::time_point{}) return;
  const auto now = EventLoop::Clock::now();
  if (now - taking_since_ >= limits_.send_time) {
    const std::uint64_t unread = socket_.unreadByPeer();
    const std::uint64_t taken = pace_.taken(out_.sent(), unread);
    if (!pace_.suffices(out_.sent(), unread, limits_.least_bytes)) return cutSlowPeer(taken);
    taking_since_ = now;
  }
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(taking_since_ + limits_.send_time - now);
  taking_ = loop_.after(left, [this] { onTakingTime(); });
}

void FcgiConnection::cutSlowPeer(std::uint64_t taken) {
  std::string which = "connection " + std::to_string(number_);
  if (!leaving_.empty() || !requests_.empty()) {
    which = "request " + (leaving_.empty() ? requests_.front() : leaving_.front())->id;
  }
  log::warning(which + ": cut: its client took " + std::to_string(taken) +
               " bytes of the answer in " + std::to_string(limits_.send_time.count()) +
               " ms, at least " + std::to_string(limits_.least_bytes) +
               " are wanted (server.send_timeout)");
  close();
}

bool FcgiConnection::bodyWindowFull() const {
  // FastCGI has no flow control for a single request. One alone on its connection makes the web
  // server wait; where others share it, they must go on, and the body goes to a file if need be.
  return requests_.size() == 1 && requests_.front()->body.size() >= Request::kBodyWindowBytes;
}

}  // namespace holdfast
