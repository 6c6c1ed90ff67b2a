#include "host/front/http_front_end.h"

#include <Poco/Net/HTTPChunkedStream.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <vector>

#include "host/front/http_params.h"
#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

constexpr int kMaxThreads = 64;
constexpr std::size_t kBodyPieceBytes = 16 * 1024;
/// How often a thread that waits for the app looks whether its client is still there.
constexpr auto kClientCheck = 500ms;
/// How long an answered request's unread body is drained before the connection is closed on it.
constexpr auto kLingerTime = 10s;

/// What all connections' threads share with the event loop's.
struct HttpState {
  std::atomic<bool> draining{false};     ///< no connection is kept alive any more
  std::atomic<bool> closing{false};      ///< nothing is waited for any more
  std::atomic<std::size_t> requests{0};  ///< in progress
};

/// What became of the answer, in the order in which the connection's thread writes it.
struct AnswerPart {
  enum class Kind { kHead, kBytes, kEnd, kCut };
  Kind kind;
  AnswerHead head;
  std::string bytes;
};

/// One request between both threads: the event loop's, which sees a Request, and
/// the connection's, which reads the body and writes the answer.
class HttpExchange : public Request {
 public:
  explicit HttpExchange(EventLoop& loop) : loop_(loop) { id = nextRequestId(); }

  // The event loop's side.

  void onBodyTaken() override {
    const std::lock_guard lock(mutex_);
    body_waiting_ = body.size();
    changed_.notify_one();
  }

  void start(const AnswerHead& head) override { push({AnswerPart::Kind::kHead, head, {}}); }

  void write(std::span<std::byte> chunk) override {
    push({AnswerPart::Kind::kBytes,
          {},
          {reinterpret_cast<const char*>(chunk.data()), chunk.size()}});
  }

  bool flush() override {
    const std::lock_guard lock(mutex_);
    congested_ = answer_bytes_ >= kAnswerWindowBytes && !left_;
    return !congested_;
  }

  void finish() override { push({AnswerPart::Kind::kEnd, {}, {}}); }
  void cut() override { push({AnswerPart::Kind::kCut, {}, {}}); }
  void reportError(std::string_view) override {}  // HTTP has no channel for it

  void addBody(const std::string& bytes, bool last) {
    if (!body.append(std::as_bytes(std::span(bytes)))) last = true;  // short: the app is told
    if (last) body.finish();
    if (responder_ != nullptr) responder_->onBody();
    onBodyTaken();
  }

  void loseClient() {
    if (Responder* responder = std::exchange(responder_, nullptr)) responder->onClientGone();
  }

  void tellTaken() {
    if (responder_ != nullptr) responder_->onAnswerTaken();
  }

  // The connection's side.

  /// Waits until there is something to do. \return nothing: look after the client, then call again
  std::optional<AnswerPart> nextPart(bool may_read_body, std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] {
      return !parts_.empty() || (may_read_body && body_waiting_ < kBodyWindowBytes);
    });
    if (parts_.empty()) return std::nullopt;
    AnswerPart part = std::move(parts_.front());
    parts_.pop_front();
    answer_bytes_ -= part.bytes.size();
    if (congested_ && answer_bytes_ < kAnswerWindowBytes / 2) {
      congested_ = false;
      loop_.post([self = self()] { self->tellTaken(); });
    }
    return part;
  }

  bool hasBodyRoom() {
    const std::lock_guard lock(mutex_);
    return body_waiting_ < kBodyWindowBytes;
  }

  void postBody(std::string bytes, bool last) {
    {
      const std::lock_guard lock(mutex_);
      body_waiting_ += bytes.size();
    }
    loop_.post([self = self(), bytes = std::move(bytes), last] { self->addBody(bytes, last); });
  }

  /// The connection's thread is done with it.
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      left_ = true;
      parts_.clear();
    }
    loop_.post([self = self()] { self->loseClient(); });
  }

 private:
  std::shared_ptr<HttpExchange> self() {
    return std::static_pointer_cast<HttpExchange>(shared_from_this());
  }

  void push(AnswerPart part) {
    const std::lock_guard lock(mutex_);
    if (left_) return;
    answer_bytes_ += part.bytes.size();
    parts_.push_back(std::move(part));
    changed_.notify_one();
  }

  EventLoop& loop_;
  std::mutex mutex_;  ///< guards all below
  std::condition_variable changed_;
  std::deque<AnswerPart> parts_;
  std::size_t answer_bytes_ = 0;
  std::size_t body_waiting_ = 0;  ///< bytes given to the loop and not yet taken by the app
  bool congested_ = false;
  bool left_ = false;
};

/// The connection's thread at work on one request.
class Conversation {
 public:
  Conversation(HTTPServerRequest& request, HTTPServerResponse& response, EventLoop& loop,
               const RequestSink& sink, HttpState& state)
      : request_(request),
        response_(response),
        socket_(static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket()),
        exchange_(std::make_shared<HttpExchange>(loop)),
        loop_(loop),
        sink_(sink),
        state_(state) {}

  void run() {
    if (const auto problem = paramsFromHttp(request_, request_.clientAddress(),
                                            request_.serverAddress(), exchange_->params)) {
      return refuse(*problem);
    }
    has_body_ = request_.getChunkedTransferEncoding() || request_.getContentLength64() > 0;
    if (has_body_ && request_.getExpectContinue()) response_.sendContinue();
    if (!has_body_) exchange_->body.finish();
    loop_.post([sink = &sink_, exchange = exchange_] { (*sink)(exchange); });
    try {
      converse();
    } catch (...) {
      exchange_->leave();
      throw;
    }
    exchange_->leave();
  }

 private:
  void refuse(const std::string& problem) {
    response_.setVersion(Poco::Net::HTTPMessage::HTTP_1_1);
    response_.setStatusAndReason(HTTPServerResponse::HTTP_BAD_REQUEST);
    response_.setContentType("text/plain; charset=utf-8");
    response_.setKeepAlive(false);
    const std::string text = problem + "\n";
    response_.sendBuffer(text.data(), text.size());
  }

  void converse() {
    while (!ended_ && !state_.closing) {
      if (const auto part = exchange_->nextPart(has_body_, has_body_ ? 50ms : kClientCheck)) {
        onPart(*part);
      } else if (has_body_ && exchange_->hasBodyRoom()) {
        readBody();
      } else if (clientLeft()) {
        return;
      }
    }
    if (has_body_ && ended_) discardBody();
  }

  void onPart(const AnswerPart& part) {
    switch (part.kind) {
      case AnswerPart::Kind::kHead:
        return sendHead(part.head);
      case AnswerPart::Kind::kBytes:
        return sendBytes(part.bytes);
      case AnswerPart::Kind::kEnd:
        ended_ = true;
        if (stream_ != nullptr) stream_->flush();
        return;
      case AnswerPart::Kind::kCut:
        ended_ = true;
        return breakOff();
    }
  }

  void sendHead(const AnswerHead& head) {
    response_.setStatusAndReason(static_cast<HTTPServerResponse::HTTPStatus>(head.status),
                                 head.reason.empty() ? reasonFor(head.status) : head.reason);
    for (const auto& [name, value] : head.headers) {
      if (Poco::icompare(name, "Date") == 0) {
        response_.set(name, value);  // Poco has put one there
      } else {
        response_.add(name, value);
      }
    }
    bodyless_ = request_.getMethod() == "HEAD" || head.status == 204 || head.status == 304;
    if (!response_.hasContentLength() && !bodyless_) {
      if (request_.getVersion() == Poco::Net::HTTPMessage::HTTP_1_0) {
        response_.setKeepAlive(false);
      } else {
        response_.setChunkedTransferEncoding(true);
      }
    }
    if (has_body_ || state_.draining) response_.setKeepAlive(false);
    stream_ = &response_.send();
    stream_->flush();
  }

  void sendBytes(std::string_view bytes) {
    if (stream_ == nullptr || bodyless_) return;
    stream_->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream_->flush();
    if (!stream_->good()) throw Poco::Net::NetException("the client left");
  }

  /// The client must not take what it has for the whole: no last chunk, no keep-alive.
  void breakOff() { socket_.shutdown(); }

  void readBody() {
    std::string bytes(kBodyPieceBytes, '\0');
    std::istream& stream = request_.stream();
    stream.read(bytes.data(), 1);
    if (stream.gcount() == 1) {
      const std::streamsize more = stream.readsome(bytes.data() + 1, kBodyPieceBytes - 1);
      bytes.resize(1 + static_cast<std::size_t>(more));
      received_ += bytes.size();
      return exchange_->postBody(std::move(bytes), false);
    }
    has_body_ = false;
    const bool complete = request_.getChunkedTransferEncoding() ||
                          received_ == static_cast<std::uint64_t>(request_.getContentLength64());
    if (!complete) throw Poco::Net::NetException("the client left in the middle of the body");
    exchange_->postBody({}, true);
  }

  /// The answer is complete and the body is not. Closing now would reset the connection, and the
  /// answer with it (RFC 9112, section 9.6): end our side, and let the other one finish.
  void discardBody() {
    if (auto* chunked = dynamic_cast<Poco::Net::HTTPChunkedOutputStream*>(stream_)) {
      chunked->rdbuf()->close();
    }
    socket_.shutdownSend();
    const auto limit = std::chrono::steady_clock::now() + kLingerTime;
    std::vector<char> scrap(kBodyPieceBytes);
    while (!state_.closing && std::chrono::steady_clock::now() < limit) {
      if (!socket_.poll(Poco::Timespan(0, 500'000), Poco::Net::Socket::SELECT_READ)) continue;
      if (socket_.receiveBytes(scrap.data(), static_cast<int>(scrap.size())) <= 0) return;
    }
  }

  bool clientLeft() {
    if (!socket_.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ)) return false;
    char ignored;
    return socket_.receiveBytes(&ignored, 1, MSG_PEEK) <= 0;
  }

  HTTPServerRequest& request_;
  HTTPServerResponse& response_;
  Poco::Net::StreamSocket& socket_;
  const std::shared_ptr<HttpExchange> exchange_;
  EventLoop& loop_;
  const RequestSink& sink_;
  HttpState& state_;
  std::ostream* stream_ = nullptr;
  std::uint64_t received_ = 0;
  bool has_body_ = false;  ///< body that is still to be read
  bool bodyless_ = false;
  bool ended_ = false;
};

class Handler : public Poco::Net::HTTPRequestHandler {
 public:
  Handler(EventLoop& loop, const RequestSink& sink, HttpState& state)
      : loop_(loop), sink_(sink), state_(state) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    ++state_.requests;
    try {
      Conversation(request, response, loop_, sink_, state_).run();
    } catch (const Poco::Exception& error) {
      log::debug("http: " + error.displayText());
      response.setKeepAlive(false);
      static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().shutdown();
    }
    --state_.requests;
  }

 private:
  EventLoop& loop_;
  const RequestSink& sink_;
  HttpState& state_;
};

class HandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  HandlerFactory(EventLoop& loop, const RequestSink& sink, HttpState& state)
      : loop_(loop), sink_(sink), state_(state) {}

  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
    return new Handler(loop_, sink_, state_);
  }

 private:
  EventLoop& loop_;
  const RequestSink& sink_;
  HttpState& state_;
};

Poco::Net::ServerSocket listenOn(const std::string& address) {
  try {
    const Poco::Net::SocketAddress where(address.substr(address.find(':') + 1));
    Poco::Net::ServerSocket socket;
    socket.bind(where, true);
    socket.listen(256);
    return socket;
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot listen on " + address + ": " + error.displayText() +
                             ": stop what listens there, or choose another port");
  }
}

}  // namespace

struct HttpFrontEnd::Impl {
  RequestSink sink;
  HttpState state;
  Poco::Net::ServerSocket socket;
  Poco::ThreadPool threads{2, kMaxThreads};
  std::unique_ptr<Poco::Net::HTTPServer> server;
};

HttpFrontEnd::HttpFrontEnd(EventLoop& loop, const std::string& address, RequestSink sink)
    : impl_(std::make_unique<Impl>()) {
  impl_->sink = std::move(sink);
  impl_->socket = listenOn(address);
  auto* params = new Poco::Net::HTTPServerParams;
  params->setMaxThreads(kMaxThreads);
  params->setMaxQueued(256);
  impl_->server = std::make_unique<Poco::Net::HTTPServer>(
      new HandlerFactory(loop, impl_->sink, impl_->state), impl_->threads, impl_->socket, params);
  impl_->server->start();
}

HttpFrontEnd::~HttpFrontEnd() {
  impl_->state.closing = true;
  impl_->server->stopAll(true);
  impl_->threads.joinAll();
}

std::string HttpFrontEnd::url() const {
  return "http://" + impl_->socket.address().toString() + "/";
}

void HttpFrontEnd::drain() {
  // Not stopAll(): that waits for requests in progress, and they wait for this very thread.
  impl_->state.draining = true;
  impl_->server->stop();
}

std::size_t HttpFrontEnd::requests() const { return impl_->state.requests; }

}  // namespace holdfast
