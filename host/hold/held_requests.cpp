#include "host/hold/held_requests.h"

#include <algorithm>

#include "config/quantities.h"
#include "host/hold/held_answers.h"
#include "host/hold/held_token.h"
#include "host/log.h"
#include "host/trace.h"
#include "proxy/gate/random_token.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;
using std::chrono::ceil;
using std::chrono::milliseconds;

/// From that hand-off on a browser's navigation gets the page: long before it has followed too many
/// redirects. Not at once, as it may be a download.
constexpr unsigned kRedirectsBeforePage = 3;
/// Some clients follow no more than 20.
constexpr unsigned kManyRedirects = 15;
/// Answers that nobody waits for just now.
constexpr std::size_t kMaxParked = 256;
/// nginx takes 4 KiB of header fields, with its defaults, and two of them may have an address. A
/// longer query is left out: the answer is known by the token.
constexpr std::size_t kMaxTarget = 1700;

std::string_view queryOf(const Params& params) {
  const std::string_view target = params.get("REQUEST_URI");
  if (target.empty()) return params.get("QUERY_STRING");
  const std::size_t question = target.find('?');
  return question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
}

void answer(Request& request, const AnswerHead& head, std::string_view body) {
  request.start(head);
  if (request.params.get("REQUEST_METHOD") != "HEAD") writeAll(request, body);
  request.finish();
}

milliseconds until(EventLoop::Clock::time_point due) {
  return std::max(ceil<milliseconds>(due - EventLoop::Clock::now()), milliseconds(0));
}

}  // namespace

HeldRequests::HeldRequests(EventLoop& loop, std::function<void(Request&, Refusal)> explain,
                           std::function<void(const HeldRequest&)> on_sign)
    : loop_(loop), explain_(std::move(explain)), on_sign_(std::move(on_sign)) {}

HeldRequests::~HeldRequests() = default;

// --- on the way to the lane ---

std::shared_ptr<Request> HeldRequests::wrap(std::shared_ptr<Request> request, bool marked) {
  const Params& params = request->params;
  Entry& entry = entries_.emplace_back();
  entry.marked = marked;
  entry.was_held = held_;
  entry.patience = patienceOf(params, plan_.patience, request->from_mod_fcgid);
  entry.query = urlText(withoutHeldToken(queryOf(params)));
  entry.hop_path = pathForHop(params.get("REQUEST_URI"));
  if (entry.hop_path.size() > kMaxTarget) entry.hop_path.clear();
  entry.method = params.get("REQUEST_METHOD");
  entry.host = params.get("HTTP_HOST");
  HeldRequest::Owner& owner = *this;
  entry.request = std::make_shared<HeldRequest>(std::move(request), plan_.limits, owner);
  const std::shared_ptr<HeldRequest> held = entry.request;
  entry.last_sign = held->trail.received;
  held->begin();
  if (!held->isOver()) watch(entry);
  return held->isOver() ? nullptr : held;
}

bool HeldRequests::mayLeaveLane(const Request& request) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.request.get() == &request && !entry.marked;
  });
}

void HeldRequests::leaveLane(const Request& request) {
  for (Entry& entry : entries_) {
    if (entry.request.get() != &request) continue;
    entry.in_lane = false;
    // What was never given away needs nobody any more.
    if (entry.token.empty()) entry.was_held = false;
    watch(entry);
  }
}

void HeldRequests::setHeld(bool held) {
  held_ = held;
  for (Entry& entry : entries_) {
    if (!entry.in_lane) continue;
    entry.was_held = entry.was_held || held;
    watch(entry);
    watchExpiry(entry);
  }
}

// --- those who come back ---

bool HeldRequests::take(const std::shared_ptr<Request>& request) {
  const auto parameter = heldParameterOf(request->params.get("QUERY_STRING"));
  if (!parameter) return false;
  const Params& params = request->params;
  const std::string_view method = params.get("REQUEST_METHOD");
  if (method == "OPTIONS" && params.find("HTTP_ACCESS_CONTROL_REQUEST_METHOD")) {
    answer(*request, preflightAnswer(params), "");
    return true;
  }
  Entry* const entry = findByToken(parameter->token, params.get("HTTP_HOST"));
  // Who asks for the head alone may not use up the body.
  if (entry == nullptr || (method == "HEAD" && entry->method != "HEAD")) {
    answerUnknown(request, *parameter);
  } else {
    claim(*entry, request, *parameter);
  }
  return true;
}

HeldRequests::Entry* HeldRequests::findByToken(const std::string& token, std::string_view host) {
  if (token.empty()) return nullptr;
  for (Entry& entry : entries_) {
    if (entry.token == token && entry.host == host && !entry.request->isOver()) return &entry;
  }
  return nullptr;
}

void HeldRequests::claim(Entry& entry, const std::shared_ptr<Request>& request,
                         const HeldParameter& parameter) {
  const std::shared_ptr<HeldRequest> held = entry.request;
  if (held->isWaitedFor() && held->hasBegun()) {
    // It is being delivered, and that once.
    return answerUnknown(request, parameter);
  }
  if (held->isWaitedFor()) explain_(*held->takeFront(), Refusal::kElsewhere);
  const bool by_client = parameter.followed_by == HeldParameter::For::kClient;
  if (by_client && parameter.count == entry.given_away) noteClientComes(entry, request->params);
  entry.patience = patienceOf(request->params, plan_.patience, request->from_mod_fcgid);
  entry.expiry.cancel();
  entry.last_sign = request->trail.received;
  held->setFront(request);
}

void HeldRequests::noteClientComes(Entry& entry, const Params& params) {
  if (std::exchange(entry.hops_now, false)) {
    // The web server is told to follow no hop.
    entry.hop_path.clear();
    countHandOff(entry, params);
  }
  // Clients follow so many redirects and no more; browsers get the page instead, and soon.
  if (!isNavigation(params)) entry.hops = 0;
}

void HeldRequests::answerUnknown(const std::shared_ptr<Request>& request,
                                 const HeldParameter& parameter) {
  const std::string_view method = request->params.get("REQUEST_METHOD");
  const bool is_safe = method == "GET" || method == "HEAD";
  if (!is_safe || parameter.followed_by == HeldParameter::For::kUnsafeHop) {
    return explain_(*request, Refusal::kGone);
  }
  answer(*request,
         redirectTo(urlText(withoutHeldToken(queryOf(request->params))),
                    request->params.get("HTTP_ORIGIN")),
         "");
}

// --- keepers ---

Keeper HeldRequests::keeperOf(const Entry& entry) const {
  return keeperFor(entry.patience, entry.hops, !entry.hop_path.empty());
}

std::chrono::steady_clock::time_point HeldRequests::dueOf(const Entry& entry) const {
  const auto limit = *entry.patience.limit;
  return entry.request->front()->trail.received + limit - marginOf(limit);
}

void HeldRequests::watch(Entry& entry) {
  entry.keeper.cancel();
  const HeldRequest& request = *entry.request;
  if (!entry.was_held || !request.isWaitedFor() || request.hasBegun()) return;
  const Keeper keeper = keeperOf(entry);
  if (keeper == Keeper::kWait) return;
  const auto next_pad = entry.last_sign + padIntervalOf(*entry.patience.limit);
  if (keeper == Keeper::kPad) return padAt(entry, next_pad);
  // So that the body is here when it must be.
  entry.request->readAhead();
  if (!entry.request->isWaitedFor()) return;
  const auto due = dueOf(entry);
  if (wantsSigns(entry.patience.kind) && next_pad < due) return padAt(entry, next_pad);
  entry.keeper = loop_.after(until(due), [this, &entry] { act(entry); });
}

void HeldRequests::padAt(Entry& entry, EventLoop::Clock::time_point when) {
  entry.keeper = loop_.after(until(when), [this, &entry] { pad(entry); });
}

void HeldRequests::pad(Entry& entry) {
  entry.last_sign = EventLoop::Clock::now();
  // Sending may find the client gone.
  if (const std::shared_ptr<Request> front = entry.request->front()) front->pad();
  watch(entry);
}

void HeldRequests::act(Entry& entry) {
  if (entry.request->bodyIsHere()) return giveAway(entry);
  entry.waits_for_body = true;
  log::warning(describe(*entry.request) + " is held and has not sent all of its body: " +
               limitInWords(entry.patience) + ", and cannot be kept waiting longer before that. " +
               remedyFor(entry.patience.kind) + " makes it wait long enough.");
}

void HeldRequests::giveAway(Entry& entry) {
  entry.waits_for_body = false;
  if (entry.token.empty()) entry.token = proxy::randomToken();
  const Keeper keeper = keeperOf(entry);
  ++entry.given_away;
  entry.hops_now = keeper == Keeper::kHop;
  if (entry.hops_now) {
    ++entry.hops;
  } else {
    countHandOff(entry, entry.request->front()->params);
  }
  std::string body;
  const AnswerHead head = answerFor(entry, keeper, body);
  if (trace::isOn(trace::kHold)) {
    trace::say(trace::kHold, "request " + entry.request->id + ": " + nameOf(keeper) + ' ' +
                                 std::to_string(entry.given_away));
  }
  const std::shared_ptr<Request> front = entry.request->takeFront();
  watchExpiry(entry);
  dropOldestParked();
  answer(*front, head, body);
}

AnswerHead HeldRequests::answerFor(Entry& entry, Keeper keeper, std::string& body) {
  HeldParameter parameter{entry.token, entry.given_away};
  const std::size_t path = keeper == Keeper::kHop ? entry.hop_path.size() : 0;
  const bool fits = path + entry.query.size() <= kMaxTarget;
  const std::string_view kept = fits ? std::string_view(entry.query) : std::string_view();
  const std::string query = withHeldParameter(kept, parameter);
  if (keeper == Keeper::kHop) {
    const bool is_safe = entry.method == "GET" || entry.method == "HEAD";
    parameter.followed_by = is_safe ? HeldParameter::For::kHop : HeldParameter::For::kUnsafeHop;
    const std::string hop_query = withHeldParameter(kept, parameter);
    return entry.patience.kind == FrontEndKind::kModFcgid
               ? localRedirectTo(entry.hop_path, hop_query)
               : nginxHopTo(query, entry.hop_path, hop_query);
  }
  const Params& params = entry.request->front()->params;
  if (entry.hand_offs > kRedirectsBeforePage && isNavigation(params)) {
    HeldPage page = heldPage(query, plan_.debug_path);
    body = std::move(page.body);
    return page.head;
  }
  return redirectTo(query, params.get("HTTP_ORIGIN"));
}

void HeldRequests::countHandOff(Entry& entry, const Params& params) const {
  ++entry.hand_offs;
  const std::string which = describe(*entry.request);
  const std::string remedy = remedyFor(entry.patience.kind) + " makes that unnecessary.";
  if (entry.hand_offs == 1 && !entry.request->isOver()) {
    log::info(which + " is held, and " + limitInWords(entry.patience) +
              ": its client is sent a redirect (303) to the same address, where the answer will "
              "be. A client that follows no redirect gets no answer; " +
              remedy);
  } else if (entry.hand_offs == kManyRedirects && !isNavigation(params)) {
    log::warning(which + " has been redirected " + std::to_string(kManyRedirects) +
                 " times while it is held: some clients follow no more than 20; " + remedy);
  }
}

void HeldRequests::onChanged(HeldRequest& request) {
  Entry& entry = entryOf(request);
  if (entry.waits_for_body && request.bodyIsHere() && request.isWaitedFor() &&
      !request.hasBegun()) {
    return giveAway(entry);
  }
  watch(entry);
  watchExpiry(entry);
}

void HeldRequests::onSign(HeldRequest& request) {
  const Entry& entry = entryOf(request);
  if (entry.in_lane && entry.was_held) on_sign_(request);
}

/// GET is safe, so that the app may be asked anew.
void HeldRequests::onUnasked(HeldRequest& request, const std::shared_ptr<Request>& front) {
  answer(*front, redirectTo(entryOf(request).query, front->params.get("HTTP_ORIGIN")), "");
}

void HeldRequests::onOver(HeldRequest& request) {
  Entry& entry = entryOf(request);
  entry.keeper.cancel();
  entry.expiry.cancel();
  // It may be in the middle of one of its own functions.
  loop_.defer([this, kept = entry.request] {
    entries_.remove_if([&](const Entry& candidate) { return candidate.request == kept; });
  });
}

HeldRequests::Entry& HeldRequests::entryOf(const HeldRequest& request) {
  return *std::find_if(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.request.get() == &request; });
}

// --- answers that nobody comes for ---

void HeldRequests::watchExpiry(Entry& entry) {
  const bool parked = !entry.request->isOver() && !entry.request->isWaitedFor();
  const bool runs = !held_ || !entry.in_lane || entry.request->isAnswered();
  if (!parked || !runs) return entry.expiry.cancel();
  if (!entry.expiry) entry.expiry = loop_.after(plan_.expires, [this, &entry] { expire(entry); });
}

void HeldRequests::expire(Entry& entry) {
  log::warning(describe(*entry.request) + " was held, and nobody has come for its answer for " +
               durationText(plan_.expires) + ": it is given up");
  entry.request->giveUp();
}

void HeldRequests::dropOldestParked() {
  const auto parked = [](const Entry& entry) {
    return !entry.request->isOver() && !entry.request->isWaitedFor();
  };
  if (static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), parked)) <=
      kMaxParked) {
    return;
  }
  Entry& oldest = *std::find_if(entries_.begin(), entries_.end(), parked);
  log::warning(describe(*oldest.request) + " was held, and too many wait as it does (" +
               std::to_string(kMaxParked) + "): its answer is given up");
  oldest.request->giveUp();
}

std::size_t HeldRequests::expected() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [this](const Entry& entry) {
        const HeldRequest& request = *entry.request;
        if (request.isOver() || !entry.was_held) return false;
        const Keeper keeper = keeperOf(entry);
        const bool sends_away = keeper == Keeper::kHop || keeper == Keeper::kHandOff;
        return !entry.token.empty() || (sends_away && !request.hasBegun());
      }));
}

std::size_t HeldRequests::countHeldRuns(const std::string& thread) const {
  const auto runs = [&](const Entry& entry) {
    return entry.in_lane && entry.was_held && !entry.request->isOver() &&
           !entry.request->isAnswered() && threadNameOf(*entry.request) == thread;
  };
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(), runs));
}

void HeldRequests::hurry() {
  plan_.expires = std::min(plan_.expires, plan_.last_wait);
  for (Entry& entry : entries_) {
    entry.expiry.cancel();
    watchExpiry(entry);
  }
}

}  // namespace holdfast
