#include "proxy/session/session_seat.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "config/printable.h"
#include "proxy/gate/audit.h"
#include "proxy/gate/random_token.h"
#include "proxy/web_socket/upgrade_head.h"

namespace holdfast::proxy {

namespace {

/// So long debugpy's adapter may need to forget a session: one that comes before breaks it.
constexpr std::chrono::milliseconds kRest{300};
/// Each has a thread, for SessionLimits::close at most.
constexpr std::size_t kMaxLeaving = 8;

}  // namespace

SessionSeat::SessionSeat(ChannelEvents& events, BriefUpgrades& refusals, Post post,
                         std::function<Clock::time_point()> now, SiteHeaders site_headers)
    : events_(events),
      refusals_(refusals),
      post_(std::move(post)),
      now_(std::move(now)),
      site_headers_(std::move(site_headers)) {}

SessionSeat::~SessionSeat() { self_.reset(); }

bool SessionSeat::isBeingLeft() const { return session_ && (being_left_ || session_->isEnding()); }

bool SessionSeat::isFreeFor(bool takeover) const {
  if (leaving_.size() >= kMaxLeaving) return false;
  return !session_ || (!next_ && (takeover || isBeingLeft()));
}

std::optional<SessionView> SessionSeat::view() const {
  if (!session_) return std::nullopt;
  return SessionView{client_, since_, session_->clientName()};
}

std::string SessionSeat::busyReason() const {
  if (next_ || !session_) return "Another debugger is just attaching. Try again in a few seconds.";
  return "Another debugger has been attached for " + inWords(now_() - since_) +
         ". To end its session: add ?takeover=1 to the URL.";
}

void SessionSeat::take(Candidate candidate) {
  if (!isFreeFor(candidate.takeover)) {
    refuse(std::move(candidate), busyReason());
    return;
  }
  if (!session_) {
    start(std::move(candidate));
    return;
  }
  if (isBeingLeft()) {
    next_ = std::move(candidate);
    return;
  }
  events_.audit(LogLevel::kWarning, "Debug channel: " + auditName(candidate.client) +
                                        " takes the debugger's place of " + auditName(client_));
  end(CloseCode::kGoingAway, "Another debugger has taken over.", false);
  next_ = std::move(candidate);
}

void SessionSeat::refuse(Candidate candidate, std::string_view reason, CloseCode code) {
  refusals_.refuse(candidate.socket, upgradeHead(candidate.headers), code, reason);
}

void SessionSeat::start(Candidate candidate) {
  const EngineState engine = events_.engine();
  if (engine.kind != EngineState::kReady) {
    refuse(std::move(candidate), "The debug engine is not ready. Try again in a few seconds.");
    return;
  }
  std::string mark = randomToken();
  HeaderFields headers = candidate.headers;
  for (auto& field : site_headers_(engine)) headers.push_back(std::move(field));
  // As a cookie, because that is what web servers that log headers leave out.
  headers.emplace_back("Set-Cookie", "holdfast-debug=" + mark + "; Path=/; HttpOnly");
  const auto post = [post = post_, self = std::weak_ptr(self_)](auto task) {
    post([self, task] {
      if (const auto seat = self.lock()) task(**seat);
    });
  };
  const std::uint64_t number = ++number_;
  auto watch = std::make_unique<HoldWatch>(
      [post, number] { post([number](SessionSeat& seat) { seat.onHold(number); }); });
  SessionPlan plan{.client = candidate.socket,
                   .head = upgradeHead(headers),
                   .leftover = std::move(candidate.leftover),
                   .engine = Poco::Net::SocketAddress(engine.host, engine.port),
                   .observer = watch.get(),
                   .rest = rest()};
  session_ = std::make_unique<Session>(
      std::move(plan),
      [post, number](const SessionEnd& end) {
        post([number, end](SessionSeat& seat) { seat.onEnd(number, end); });
      },
      [post, number] { post([number](SessionSeat& seat) { seat.onOver(number); }); });
  watch_ = std::move(watch);
  client_ = std::move(candidate.client);
  mark_ = std::move(mark);
  since_ = now_();
  port_ = engine.port;
  being_left_ = false;
  events_.audit(LogLevel::kInfo, "Debug channel: a debugger attached from " + auditName(client_));
  events_.onAttached(client_, mark_);
}

void SessionSeat::end(CloseCode code, const std::string& reason, bool restart) {
  if (!session_) return;
  being_left_ = true;
  session_->end(code, reason, restart);
}

void SessionSeat::evict(CloseCode code, const std::string& reason) {
  if (next_) refuse(*std::exchange(next_, std::nullopt), reason, code);
  end(code, reason, false);
}

void SessionSeat::engineGone(std::uint16_t port) {
  if (!session_ || port != port_) return;
  being_left_ = true;
  session_->engineGone();
}

void SessionSeat::onHold(std::uint64_t number) {
  if (!session_ || number != number_) return;
  if (const auto news = watch_->take()) events_.onHold(*news);
}

void SessionSeat::onEnd(std::uint64_t number, const SessionEnd& end) {
  if (!session_ || number != number_) return;
  auditEnd(end);
  leaving_.push_back({number, std::move(watch_), std::move(session_)});
  released_ = now_();
  mark_.clear();
  being_left_ = false;
  events_.onDetached(end);
  if (next_) startNext(end.engine_released);
}

void SessionSeat::onOver(std::uint64_t number) {
  std::erase_if(leaving_, [&](const Leaving& one) { return one.number == number; });
}

std::chrono::milliseconds SessionSeat::rest() const {
  if (!released_) return {};
  const auto since = std::chrono::floor<std::chrono::milliseconds>(now_() - *released_);
  return std::clamp(kRest - since, std::chrono::milliseconds(0), kRest);
}

void SessionSeat::startNext(bool engine_released) {
  Candidate candidate = std::move(*next_);
  next_.reset();
  if (!engine_released) {
    refuse(std::move(candidate),
           "The debugger before did not let go: the debugged worker is replaced. Try again in a "
           "few seconds.");
    return;
  }
  try {
    start(std::move(candidate));
  } catch (const std::exception& error) {
    events_.audit(LogLevel::kError,
                  std::string("Debug channel: no session could be begun: ") + error.what());
  }
}

void SessionSeat::auditEnd(const SessionEnd& end) {
  const std::string name = session_->clientName();
  std::string text = "Debug channel: the debugger ";
  if (!name.empty()) text += '(' + name + ") ";
  text += "of " + auditName(client_) + " detached after " + inWords(now_() - since_) + ": " +
          printable(end.text) + "; " + std::to_string(end.bytes_from_client) + " bytes from it, " +
          std::to_string(end.bytes_to_client) + " to it";
  if (!end.engine_released) text += "; the engine did not let go of it";
  events_.audit(end.engine_released ? LogLevel::kInfo : LogLevel::kWarning, text);
}

}  // namespace holdfast::proxy
