/// \file worker_slot.h
/// One slot of a worker at work: takes a request through a SlotLink and back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/front/request.h"
#include "host/worker/failure.h"
#include "host/worker/worker_link.h"
#include "host/worker/wsgi_environ.h"

namespace holdfast {

/// Answers a request with an error page and logs it. With the last argument the
/// answer had begun (or was complete): then there is only the log.
using FailureSink = std::function<void(Request& request, const Failure& failure, bool begun)>;

/// Belongs to the event loop's thread.
class WorkerSlot : public Responder, private SlotLink::Listener {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void onSlotFree(WorkerSlot& slot) = 0;
    /// Its link ended: it takes no more requests, and a current one waits for workerDied().
    /// \param why  as SlotLink::Listener::onLost
    virtual void onSlotLost(WorkerSlot& slot, std::string_view why) = 0;
    /// The client of the slot's request `serial` has left.
    virtual void abortRequest(const WorkerSlot& slot, std::uint16_t serial) = 0;
  };

  WorkerSlot(std::uint16_t number, std::unique_ptr<SlotLink> link, PathRule paths,
             const FailureSink& on_failure, Owner& owner);

  std::uint16_t number() const { return number_; }
  bool isFree() const { return !busy_ && !lost_; }
  bool isLost() const { return lost_; }
  bool isRunning() const { return busy_ && !lost_; }

  /// Only while free. A request that no app could take is answered at once; then the slot stays
  /// free.
  void serve(std::shared_ptr<Request> request);
  /// Takes no more requests; the slot's thread in the worker ends.
  void close();
  /// Once it is lost: the current request, if there is one, is told how the worker ended.
  void workerDied(const Failure& failure);

 private:
  void onBody() override;
  void onAnswerTaken() override;
  void onClientGone() override;

  void onHead(const AnswerHead& head) override;
  void onChunk(std::span<std::byte> chunk) override;
  void onFailed(std::string_view traceback, bool late) override;
  void onEnd() override;
  void onBatchEnd() override;
  void onInputTaken() override;
  void onLost(std::string_view why) override;

  void pumpInput();
  void endInput(bool complete);
  std::shared_ptr<Request> releaseRequest();
  bool readAnswerLength(const AnswerHead& head);
  void giveUp(const Failure& failure);

  const std::uint16_t number_;
  const PathRule paths_;
  std::unique_ptr<SlotLink> link_;
  const FailureSink& on_failure_;
  Owner& owner_;
  std::shared_ptr<Request> request_;  ///< null while busy: nobody waits for the answer any more
  std::uint16_t serial_ = 0;
  bool busy_ = false;
  bool lost_ = false;
  bool started_ = false;  ///< the answer's head is out
  bool input_ended_ = true;
  bool input_congested_ = false;  ///< the worker takes no more of the body for now
  std::uint64_t input_left_ = 0;  ///< of CONTENT_LENGTH, or as good as endless
  bool has_length_ = false;
  /// Of the answer's own Content-Length; nothing: it has none, or a body that is not sent.
  std::optional<std::uint64_t> answer_left_;
};

}  // namespace holdfast
