#include "host/worker/worker_slot.h"

#include <Poco/String.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace holdfast {

namespace {

constexpr std::size_t kInputPieceBytes = 64 * 1024;
/// Of a body that the app reads in each time that it is given.
constexpr std::uint64_t kLeastInputBytes = 16 * 1024;

}  // namespace

WorkerSlot::WorkerSlot(std::uint16_t number, std::unique_ptr<SlotLink> link, PathRule paths,
                       const TimeSource& now, const FailureSink& on_failure, Owner& owner)
    : number_(number),
      paths_(std::move(paths)),
      link_(std::move(link)),
      now_(now),
      on_failure_(on_failure),
      owner_(owner),
      deadline_(now),
      whole_time_(now) {
  link_->setListener(*this);
}

void WorkerSlot::serve(std::shared_ptr<Request> request, std::chrono::milliseconds limit) {
  auto encoded = encodeEnviron(request->params, paths_);
  if (const auto* problem = std::get_if<EnvironProblem>(&encoded)) {
    on_failure_(*request, badParams(problem->cause, problem->remedy), false);
    return;
  }
  const auto length = parseLength(request->params.get("CONTENT_LENGTH"));
  const bool has_body = !(request->body.finished() && request->body.empty()) && length != 0U;
  request_ = std::move(request);
  request_->setResponder(this);
  busy_ = true;
  started_ = false;
  given_up_ = false;
  told_ = true;
  input_passed_ = 0;
  input_marked_ = 0;
  limit_ = limit;
  assigned_ = now_();
  request_->trail.assigned = assigned_;
  deadline_.startedAt(request_->trail.received + request_->trail.uncounted, limit);
  whole_time_.start(limit);
  was_held_ = held_;
  input_ended_ = !has_body;
  input_congested_ = false;
  has_length_ = length.has_value();
  input_left_ = length.value_or(std::numeric_limits<std::uint64_t>::max());
  ++serial_;
  given_[serial_ % given_.size()] = {serial_, request_->id};
  link_->sendRequest(serial_, std::get<std::string>(encoded), has_body);
  pumpInput();
}

std::string_view WorkerSlot::requestId(std::uint16_t serial) const {
  const Given& given = given_[serial % given_.size()];
  return given.serial == serial ? std::string_view(given.id) : std::string_view();
}

void WorkerSlot::onBody() { pumpInput(); }

void WorkerSlot::onInputTaken() {
  input_congested_ = false;
  pumpInput();
}

void WorkerSlot::pumpInput() {
  while (request_ && !input_congested_) {
    BodyBuffer& body = request_->body;
    if (input_ended_) {
      // More than CONTENT_LENGTH says, or more than the app waited for.
      body.clear();
      return request_->onBodyTaken();
    }
    if (body.empty()) {
      if (!body.finished()) return;
      return endInput(!has_length_);  // with a length, its last byte would have ended it
    }
    const std::size_t count = static_cast<std::size_t>(
        std::min<std::uint64_t>({body.view().size(), kInputPieceBytes, input_left_}));
    input_congested_ = !link_->sendInput(body.view().first(count));
    input_left_ -= count;
    input_passed_ += count;
    body.take(count);
    if (has_length_ && input_left_ == 0) {
      endInput(true);
      continue;
    }
    request_->onBodyTaken();
  }
}

void WorkerSlot::endInput(bool complete) {
  if (input_ended_) return;
  input_ended_ = true;
  input_congested_ = false;
  link_->endInput(complete);
}

void WorkerSlot::onAnswerTaken() { pauseAnswer(false); }

/// While the client is slow the app cannot go on: that is not its own time.
void WorkerSlot::pauseAnswer(bool paused) {
  if (answer_paused_ == paused) return;
  answer_paused_ = paused;
  if (paused) {
    deadline_.pause();
  } else {
    deadline_.resume();
    deadline_.start(limit_);
  }
  link_->pauseAnswer(paused);
}

void WorkerSlot::onClientGone() {
  owner_.abortRequest(*this, serial_);
  left_ = releaseRequest();
  left_->body.clear();
  endInput(false);
  pauseAnswer(false);
}

void WorkerSlot::onHead(const AnswerHead& head) {
  if (!request_ || started_) return;
  if (!readAnswerLength(head)) {
    return giveUp(
        appRaised("ValueError: the app gave no number, or two different ones, as Content-Length"));
  }
  started_ = true;
  deadline_.start(limit_);
  request_->start(head);
}

bool WorkerSlot::readAnswerLength(const AnswerHead& head) {
  answer_left_.reset();
  std::optional<std::uint64_t> length;
  const bool has_body =
      request_->params.get("REQUEST_METHOD") != "HEAD" && head.status != 204 && head.status != 304;
  for (const auto& [name, value] : head.headers) {
    if (Poco::icompare(name, "Content-Length") != 0) continue;
    const auto given = parseLength(value);
    if (!given || (length && *length != *given)) return false;
    length = given;
  }
  if (has_body) answer_left_ = length;
  return true;
}

void WorkerSlot::onChunk(std::span<std::byte> chunk) {
  if (!request_ || !started_) return;
  deadline_.start(limit_);
  if (answer_left_) {
    // PEP 3333, "Handling the Content-Length Header": no more than it says.
    chunk =
        chunk.first(static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), *answer_left_)));
    *answer_left_ -= chunk.size();
  }
  request_->write(chunk);
}

void WorkerSlot::onBatchEnd() {
  // Flushing may find the client gone, and then the request is let go.
  const std::shared_ptr<Request> request = request_;
  if (request && started_ && !request->flush() && request_) pauseAnswer(true);
}

void WorkerSlot::onFailed(std::string_view traceback, bool late) {
  if (!request_) return;
  if (late) {
    on_failure_(*request_, appRaised(traceback), true);
  } else {
    giveUp(appRaised(traceback));
  }
}

void WorkerSlot::onEnd() {
  endInput(false);
  if (request_ && !started_) giveUp(appRaised("The worker ended the request without an answer"));
  if (request_ && answer_left_.value_or(0) > 0) giveUp(answerTooShort(*answer_left_));
  if (const auto request = releaseRequest()) request->finish();
  busy_ = false;
  given_up_ = false;
  told_ = true;
  left_.reset();  // the app is done with it
  owner_.onSlotFree(*this);
}

void WorkerSlot::onLost(std::string_view why) {
  lost_ = true;
  input_ended_ = true;
  owner_.onSlotLost(*this, why);
}

void WorkerSlot::close() {
  link_->close();
  lost_ = true;
  input_ended_ = true;
}

void WorkerSlot::workerDied(const Failure& failure) {
  if (request_) giveUp(failure);
  busy_ = false;
  left_.reset();
}

WorkerSlot::Overdue WorkerSlot::checkDeadline() {
  if (held_ || !isRunning() || !deadline_.isOver()) return Overdue::kNot;
  const std::uint64_t unread = link_->unreadInput();
  const std::uint64_t read = input_passed_ - std::min<std::uint64_t>(input_passed_, unread);
  const bool all_read = unread == 0;
  if (read >= input_marked_ + kLeastInputBytes ||
      (input_ended_ && all_read && read > input_marked_)) {
    input_marked_ = read;
    deadline_.start(limit_);
    return Overdue::kNot;
  }
  if (request_ && !started_ && !input_ended_ && all_read) return Overdue::kClient;
  return started_ || whole_time_.isOver() ? Overdue::kApp : Overdue::kWaiting;
}

void WorkerSlot::setHeld(bool held) {
  if (std::exchange(held_, held) == held) return;
  if (held) {
    was_held_ = true;
    deadline_.pause();
    whole_time_.pause();
  } else {
    deadline_.resume(kLeastAfterHold);
    whole_time_.resume();
  }
}

void WorkerSlot::renewTime() {
  // What is left after a hold may be more.
  if (busy_ && !answer_paused_)
    deadline_.start(std::max<Deadline::Duration>(limit_, deadline_.left()));
}

void WorkerSlot::giveUpOverdue(const Failure& failure, bool for_good) {
  given_up_ = for_good;
  input_marked_ = input_passed_;
  deadline_.start(whole_time_.isOver() ? limit_ : whole_time_.left());
  if (request_) {
    told_ = false;
    left_ = request_;
    giveUp(failure);
    left_->body.clear();
  } else if (left_) {
    on_failure_(*left_, failure, true);
  }
}

void WorkerSlot::letGo() {
  if (std::exchange(told_, true) || lost_) return;
  owner_.abortRequest(*this, serial_);
  endInput(false);
}

SlotReport WorkerSlot::report() const {
  SlotReport report;
  if (!busy_) return report;
  using Doing = SlotReport::Doing;
  report.doing = given_up_ ? Doing::kTimedOut : answer_paused_ ? Doing::kTaking : Doing::kApp;
  report.since = std::chrono::duration_cast<std::chrono::milliseconds>(now_() - assigned_);
  if (const auto& request = request_ ? request_ : left_) {
    report.request_id = request->id;
    report.method = request->params.get("REQUEST_METHOD");
    report.uri = request->params.get("REQUEST_URI");
  }
  return report;
}

std::string WorkerSlot::servedRequest() const {
  const auto& request = request_ ? request_ : left_;
  return busy_ && request ? describe(*request) : "";
}

void WorkerSlot::giveUp(const Failure& failure) {
  const bool begun = started_;
  const auto request = releaseRequest();
  on_failure_(*request, failure, begun);
  if (begun) request->cut();
}

std::shared_ptr<Request> WorkerSlot::releaseRequest() {
  if (request_) request_->setResponder(nullptr);
  return std::exchange(request_, nullptr);
}

}  // namespace holdfast
