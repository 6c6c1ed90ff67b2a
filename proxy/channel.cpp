#include "proxy/channel.h"

#include <exception>
#include <utility>

#include "config/printable.h"
#include "proxy/channel_answers.h"
#include "proxy/gate/audit.h"
#include "proxy/gate/request_origin.h"
#include "proxy/query_parameter.h"
#include "proxy/state_report.h"
#include "proxy/web_socket/upgrade_head.h"
#include "proxy/web_socket/upgrade_request.h"

namespace holdfast::proxy {

namespace {

bool isGet(const ChannelRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

ChannelAnswer upgradeAnswer(UpgradeKind kind, HeaderFields headers, const std::string& client) {
  ChannelAnswer answer;
  answer.status = 101;
  answer.reason = "Switching Protocols";
  answer.headers = std::move(headers);
  answer.upgrade = kind;
  answer.client = client;
  return answer;
}

}  // namespace

Channel::Channel(ChannelPlan plan, ChannelEvents& events, Post post,
                 std::function<Clock::time_point()> now)
    : plan_(std::move(plan)),
      events_(events),
      now_(now),
      gate_([&events](LogLevel level, const std::string& text) { events.audit(level, text); }),
      seat_(events, brief_, std::move(post), std::move(now),
            [this](const EngineState& engine) { return siteHeaders(engine, appRoot(engine)); }) {
  applyRules();
}

bool Channel::applyRules() {
  const GateRules rules{plan_.secret, plan_.expires, plan_.allow_insecure};
  if (!gate_.setRules(rules, now_())) return false;
  view_tokens_.clear();
  return true;
}

bool Channel::owns(std::string_view path) const {
  if (plan_.secret.empty() || !path.starts_with(plan_.path)) return false;
  return path.size() == plan_.path.size() || path[plan_.path.size()] == '/';
}

ChannelAnswer Channel::answer(const ChannelRequest& request) {
  ChannelAnswer answer = route(request);
  if (request.method == "HEAD") answer.body.clear();
  return answer;
}

ChannelAnswer Channel::route(const ChannelRequest& request) {
  if (closed_) return textAnswer(503, "The site's host is stopping.");
  const std::string_view rest = std::string_view(request.path).substr(plan_.path.size());
  if (rest.empty() || rest == "/") {
    if (wasUpgrade(request)) return upgrade(request);
    return isGet(request) ? infoPage(request) : methodNotAllowed("GET, HEAD");
  }
  if (rest == "/probe") return probe(request);
  if (rest == "/state") return isGet(request) ? state(request) : methodNotAllowed("GET, HEAD");
  if (rest == "/source") return isGet(request) ? source(request) : methodNotAllowed("GET, HEAD");
  if (rest == "/view") {
    if (request.method == "POST") return openStatusView(request);
    return isGet(request) ? statusView(request) : methodNotAllowed("GET, HEAD, POST");
  }
  if (rest == "/view/hold") {
    return isGet(request) ? holdsForView(request) : methodNotAllowed("GET, HEAD");
  }
  if (rest == "/view/resume") {
    return request.method == "POST" ? resume(request) : methodNotAllowed("POST");
  }
  return textAnswer(
      404, "There is nothing at this address. The debug channel is at " + plan_.path + '.');
}

std::optional<ChannelAnswer> Channel::refused(const ChannelRequest& request) {
  if (request.hasHeader("Origin")) {
    gate_.auditRefusal(request, "it came from a page in a browser", now_());
    return textAnswer(403,
                      "No page in a browser may use the debug channel, and the request has an "
                      "Origin. Use holdfast attach.",
                      "origin");
  }
  const GateVerdict verdict = gate_.judge(request, now_());
  if (!verdict.passed()) return refusal(verdict);
  return std::nullopt;
}

std::optional<ChannelAnswer> Channel::refusedByEngine() {
  const EngineState engine = events_.engine();
  switch (engine.kind) {
    case EngineState::kReady:
      return std::nullopt;
    case EngineState::kFailed:
      events_.onEngineWanted();
      return textAnswer(503, engine.detail, "engine");
    case EngineState::kStarting:
    case EngineState::kOff:
      break;
  }
  ChannelAnswer answer =
      textAnswer(503, "The debug engine is starting. Try again in a moment.", "engine");
  answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

ChannelAnswer Channel::upgrade(const ChannelRequest& request) {
  HeaderFields headers;
  if (auto answer = refusedHandshake(request, headers)) return *answer;
  if (auto answer = refused(request)) return *answer;
  if (auto answer = refusedByEngine()) return *answer;
  const bool takeover = queryParameter(request.query, "takeover") == "1";
  if (seat_.isFreeFor(takeover)) {
    ChannelAnswer answer = upgradeAnswer(UpgradeKind::kSession, std::move(headers), request.client);
    answer.takeover = takeover;
    return answer;
  }
  ChannelAnswer answer = upgradeAnswer(UpgradeKind::kBusy, std::move(headers), request.client);
  answer.close_reason = seat_.busyReason();
  events_.audit(LogLevel::kWarning, "Debug channel: " + auditName(request.client) +
                                        " has the secret, but another debugger is attached");
  return answer;
}

ChannelAnswer Channel::probe(const ChannelRequest& request) {
  if (request.hasHeader("Origin") && !isSameOrigin(request)) {
    return textAnswer(403,
                      "The request comes from a page of another site, or the web server has "
                      "changed its Host.",
                      "origin");
  }
  HeaderFields headers;
  if (auto answer = refusedHandshake(request, headers)) return *answer;
  if (!brief_.hasRoom()) {
    ChannelAnswer answer = textAnswer(503, "Too many pages are trying this at once.");
    answer.headers.emplace_back("Retry-After", "5");
    return answer;
  }
  return upgradeAnswer(UpgradeKind::kProbe, std::move(headers), request.client);
}

void Channel::open(ChannelAnswer answer, Poco::Net::StreamSocket socket, std::string leftover) {
  if (closed_) return;
  try {
    Candidate candidate{socket, std::move(answer.headers), std::move(leftover),
                        std::move(answer.client), answer.takeover};
    switch (answer.upgrade) {
      case UpgradeKind::kSession:
        seat_.take(std::move(candidate));
        break;
      case UpgradeKind::kBusy:
        seat_.refuse(std::move(candidate), answer.close_reason);
        break;
      case UpgradeKind::kProbe:
        brief_.probe(candidate.socket, upgradeHead(candidate.headers), candidate.leftover);
        break;
      case UpgradeKind::kNone:
        break;
    }
  } catch (const std::exception& error) {
    events_.audit(
        LogLevel::kError,
        std::string("Debug channel: a WebSocket could not be opened: ") + printable(error.what()));
  }
}

void Channel::setPlan(ChannelPlan plan) {
  plan_ = std::move(plan);
  if (applyRules()) {
    seat_.evict(CloseCode::kPolicyViolation, "The site's debug secret has changed.");
  }
}

void Channel::tick() {
  if (!gate_.isExpired(now_()) || seat_.isBeingLeft()) return;
  seat_.evict(CloseCode::kPolicyViolation, "Debugging has expired, as debug.expires says.");
}

void Channel::close() {
  closed_ = true;
  seat_.evict(CloseCode::kGoingAway, "The site's host is stopping.");
}

}  // namespace holdfast::proxy
