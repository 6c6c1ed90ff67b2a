#include "host/hold/held_request.h"

#include <algorithm>
#include <cstring>

#include "host/front/full_path.h"
#include "host/log.h"

namespace holdfast {

namespace {

/// Answers to questions of the first request (RFC 9110, sections 13.1 and 14.2) mean nothing to one
/// that does not ask them.
bool answersUnaskedQuestion(int status, const Params& params) {
  if (status == 206) return !params.find("HTTP_RANGE");
  return status == 304 && !params.find("HTTP_IF_NONE_MATCH") &&
         !params.find("HTTP_IF_MODIFIED_SINCE");
}

}  // namespace

HeldRequest::HeldRequest(std::shared_ptr<Request> front, const Limits& limits, Owner& owner)
    : Request(limits.body),
      owner_(owner),
      most_parked_(limits.parked),
      front_(std::move(front)),
      parked_(limits.body) {
  id = front_->id;
  params = front_->params;
  from_trusted_hop = front_->from_trusted_hop;
  from_mod_fcgid = front_->from_mod_fcgid;
  trail = front_->trail;
  front_->setResponder(this);
}

HeldRequest::~HeldRequest() {
  if (front_) front_->setResponder(nullptr);
}

// --- the body, on its way to the app ---

void HeldRequest::readAhead() {
  reads_ahead_ = true;
  onBody();
}

void HeldRequest::onBody() {
  if (!pullBody()) return;
  if (responder_ != nullptr) responder_->onBody();
  if (body_is_here_) owner_.onChanged(*this);
}

void HeldRequest::onBodyTaken() { pullBody(); }

/// \return whether something new is here
bool HeldRequest::pullBody() {
  if (!front_ || body_is_here_ || follow_up_) {
    if (front_ && follow_up_) front_->body.clear();
    return false;
  }
  BodyBuffer& from = front_->body;
  bool any = false;
  while (!from.empty() && (reads_ahead_ || body.size() < kBodyWindowBytes)) {
    const auto piece = from.view();
    if (!body.append(piece)) {
      loseBody();
      return false;
    }
    from.take(piece.size());
    any = true;
  }
  if (from.empty() && from.finished()) {
    body.finish();
    body_is_here_ = true;
    any = true;
  }
  if (any) front_->onBodyTaken();
  return any;
}

void HeldRequest::loseBody() {
  log::warning("request " + id + ": given up: its body does not fit into memory, and there is " +
               body.problem());
  const std::shared_ptr<Request> front = takeFront();
  if (delivering_) {
    front->cut();
    return leave();
  }
  AnswerHead head;
  head.status = 507;
  front->start(head);
  front->finish();
  leave();
}

// --- who waits ---

std::shared_ptr<Request> HeldRequest::takeFront() {
  lendTrail();
  front_->setResponder(nullptr);
  awaited_ = true;
  congested_ = false;
  return std::exchange(front_, nullptr);
}

void HeldRequest::setFront(std::shared_ptr<Request> front) {
  front_ = std::move(front);
  follow_up_ = true;
  congested_ = false;
  front_->setResponder(this);
  front_->body.clear();
  front_->onBodyTaken();
  if (!head_) return owner_.onChanged(*this);
  const auto kept = shared_from_this();
  beginDelivery();
  if (!over_) deliver();
  if (!over_ && !congested_ && responder_ != nullptr) responder_->onAnswerTaken();
}

void HeldRequest::giveUp() {
  if (over_) return;
  if (const std::shared_ptr<Request> front = std::exchange(front_, nullptr)) {
    front->setResponder(nullptr);
    front->cut();
  }
  leave();
}

void HeldRequest::onClientGone() {
  front_.reset();
  congested_ = false;
  if (!awaited_ || delivering_) return leave();
  owner_.onChanged(*this);
}

void HeldRequest::leave() {
  if (std::exchange(over_, true)) return;
  const auto kept = shared_from_this();
  parked_.clear();
  if (Responder* const responder = std::exchange(responder_, nullptr)) responder->onClientGone();
  owner_.onOver(*this);
}

/// What the log's line of the front end's request says.
void HeldRequest::lendTrail() {
  if (!front_) return;
  front_->trail.worker = trail.worker;
  if (!follow_up_) front_->trail.assigned = trail.assigned;
}

// --- the answer ---

void HeldRequest::start(const AnswerHead& head) {
  if (over_) return;
  head_ = head;
  owner_.onSign(*this);
  if (front_) beginDelivery();
  if (!over_) owner_.onChanged(*this);
}

void HeldRequest::beginDelivery() {
  if (follow_up_ && answersUnaskedQuestion(head_->status, front_->params)) {
    owner_.onUnasked(*this, takeFront());
    return leave();
  }
  delivering_ = true;
  lendTrail();
  front_->start(*head_);
}

void HeldRequest::write(std::span<std::byte> chunk) {
  if (over_) return;
  if (delivering_ && front_ && parked_.empty()) return front_->write(chunk);
  if (parked_.append(chunk)) return;
  log::warning("request " + id + ": its answer cannot be kept: there is " + parked_.problem());
  giveUp();
}

bool HeldRequest::flush() {
  if (over_) return true;
  if (!delivering_) {
    congested_ = !front_ && parked_.size() >= most_parked_;
    return !congested_;
  }
  deliver();
  return !congested_;
}

/// Sending may find the client gone, at any time.
void HeldRequest::deliver() {
  if (congested_ && !parked_.empty()) return;
  const auto kept = shared_from_this();
  while (const std::shared_ptr<Request> front = front_) {
    if (!parked_.empty()) deliverPiece(*front);
    if (parked_.empty() && isAnswered()) return endDelivery();
    congested_ = !front->flush() && front_ != nullptr;
    if (congested_ || parked_.empty()) return;
  }
}

void HeldRequest::deliverPiece(Request& front) {
  const auto piece = parked_.view().first(std::min(parked_.view().size(), kMaxChunkBytes));
  piece_.resize(kHeadroomBytes + piece.size());
  std::memcpy(piece_.data() + kHeadroomBytes, piece.data(), piece.size());
  parked_.take(piece.size());
  front.write(std::span(piece_).subspan(kHeadroomBytes));
}

void HeldRequest::onAnswerTaken() {
  congested_ = false;
  deliver();
  if (!over_ && !congested_ && responder_ != nullptr) responder_->onAnswerTaken();
}

void HeldRequest::finish() { end(Ended::kFinished); }
void HeldRequest::cut() { end(Ended::kCut); }

void HeldRequest::end(Ended how) {
  if (over_) return;
  ended_ = how;
  owner_.onSign(*this);
  if (delivering_ && front_) return deliver();
  owner_.onChanged(*this);
}

void HeldRequest::endDelivery() {
  const std::shared_ptr<Request> front = std::exchange(front_, nullptr);
  front->setResponder(nullptr);
  over_ = true;
  if (ended_ == Ended::kFinished) {
    front->finish();
  } else {
    front->cut();
  }
  owner_.onOver(*this);
}

void HeldRequest::reportError(std::string_view text) {
  if (front_) front_->reportError(text);
}

std::string threadNameOf(const Request& request) {
  return std::string(request.params.get("REQUEST_METHOD")) + ' ' + fullPath(request.params);
}

}  // namespace holdfast
