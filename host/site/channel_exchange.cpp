#include "host/site/channel_exchange.h"

#include <algorithm>

#include "host/front/channel_facts.h"
#include "host/front/full_path.h"
#include "host/platform/poco_socket.h"

namespace holdfast {

namespace {

constexpr std::size_t kMaxBody = 64 * 1024;
/// What paramsFromHttp() says of itself: the request came by HTTP, not by FastCGI.
constexpr std::string_view kOwnSoftware = "holdfast";
constexpr std::string_view kHeaderPrefix = "HTTP_";

/// `HTTP_X_FORWARDED_FOR` is `X-FORWARDED-FOR`; case has no meaning (RFC 9110, section 5.1).
proxy::HeaderFields headersOf(const Params& params) {
  proxy::HeaderFields headers;
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Params::Pair pair = params[i];
    const bool plain = pair.name == "CONTENT_TYPE" || pair.name == "CONTENT_LENGTH";
    if (!plain && !pair.name.starts_with(kHeaderPrefix)) continue;
    std::string name(plain ? pair.name : pair.name.substr(kHeaderPrefix.size()));
    std::replace(name.begin(), name.end(), '_', '-');
    headers.emplace_back(std::move(name), pair.value);
  }
  return headers;
}

}  // namespace

ChannelExchange::ChannelExchange(std::shared_ptr<Request> request, proxy::Channel& channel,
                                 std::function<void(ChannelExchange&)> on_over)
    : request_(std::move(request)), channel_(channel), on_over_(std::move(on_over)) {
  request_->setResponder(this);
}

ChannelExchange::~ChannelExchange() {
  if (request_) request_->setResponder(nullptr);
}

void ChannelExchange::onBody() {
  BodyBuffer& body = request_->body;
  while (!body.empty() && body_.size() <= kMaxBody) {
    const auto piece = body.view();
    body_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    body.take(piece.size());
  }
  const bool too_large = body_.size() > kMaxBody;
  if (!body.finished() && !too_large) return request_->onBodyTaken();
  if (!too_large) return answer();
  body.clear();
  refuse(413, "The body is larger than " + std::to_string(kMaxBody) + " bytes.");
}

void ChannelExchange::onClientGone() {
  request_.reset();
  on_over_(*this);
}

void ChannelExchange::answer() {
  const Params& params = request_->params;
  proxy::ChannelRequest asked;
  asked.method = params.get("REQUEST_METHOD");
  asked.path = fullPath(params);
  // A reload may have changed the path while the body came.
  if (!channel_.owns(asked.path)) return refuse(404, "The debug channel is not here any more.");
  asked.query = params.get("QUERY_STRING");
  asked.headers = headersOf(params);
  asked.body = std::move(body_);
  const ChannelFacts facts = channelFacts(params, request_->from_trusted_hop);
  asked.client = facts.client;
  asked.tls = facts.tls;
  asked.loopback = facts.loopback;
  asked.scheme_unsaid = facts.scheme_unsaid;
  asked.can_upgrade = params.get("SERVER_SOFTWARE") == kOwnSoftware;
  asked.http11 = params.get("SERVER_PROTOCOL") == "HTTP/1.1";
  proxy::ChannelAnswer answer = channel_.answer(asked);
  if (answer.upgrade == proxy::UpgradeKind::kNone) return send(answer);
  if (!request_->canUpgrade())
    return refuse(400, "A WebSocket begins with a request that has no body.");
  request_->setResponder(nullptr);
  request_->trail.status = answer.status;
  Upgraded connection = request_->takeOver();
  request_.reset();
  channel_.open(std::move(answer), toPocoSocket(std::move(connection.socket)),
                std::move(connection.leftover));
  on_over_(*this);
}

void ChannelExchange::refuse(int status, const std::string& why) {
  proxy::ChannelAnswer refusal;
  refusal.status = status;
  refusal.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  refusal.body = why + '\n';
  send(refusal);
}

void ChannelExchange::send(const proxy::ChannelAnswer& answer) {
  AnswerHead head;
  head.status = answer.status;
  head.reason = answer.reason;
  head.headers = answer.headers;
  const bool has_body = request_->params.get("REQUEST_METHOD") != "HEAD";
  if (has_body) {
    head.headers.emplace_back("Content-Length", std::to_string(answer.body.size()));
  }
  request_->setResponder(nullptr);
  request_->start(head);
  if (has_body) writeAll(*request_, answer.body);
  request_->finish();
  request_.reset();
  on_over_(*this);
}

}  // namespace holdfast
