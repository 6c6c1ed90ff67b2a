/// \file worker_slot.h
/// One slot of a worker at work: takes a request through a SlotLink and back.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/front/request.h"
#include "host/hold/deadline.h"
#include "host/worker/failure.h"
#include "host/worker/pool_report.h"
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

  /// \param now  outlives the slot
  WorkerSlot(std::uint16_t number, std::unique_ptr<SlotLink> link, PathRule paths,
             const TimeSource& now, const FailureSink& on_failure, Owner& owner);

  std::uint16_t number() const { return number_; }
  bool isFree() const { return !busy_ && !lost_; }
  bool isLost() const { return lost_; }
  /// What it is at can still come to a good end.
  bool isRunning() const { return busy_ && !lost_ && !given_up_; }
  /// The request that had this serial, if it is one of the last few; else empty.
  std::string_view requestId(std::uint16_t serial) const;

  /// Only while free. A request that no app could take is answered at once; then the slot stays
  /// free.
  /// \param limit  for the app's first chunk, counted from when the request came, and for each
  ///   further one
  void serve(std::shared_ptr<Request> request, std::chrono::milliseconds limit);

  /// Who is to blame for a time that is over.
  enum class Overdue {
    kNot,
    kClient,   ///< the app has read all of the body that has come, and more should come
    kWaiting,  ///< the request's time, not the app's: it had been waiting for a slot
    kApp,      ///< the app has had the whole time, for whomever it works
  };
  /// An app that reads 16 KiB of the body in each `limit`, or the rest, is given time anew.
  Overdue checkDeadline();
  /// While it is held the time of what it is at stands still, also of what it is given then.
  void setHeld(bool held);
  /// What it is at, for some of its time.
  bool wasHeld() const { return was_held_; }
  /// What it is at has its time anew.
  void renewTime();
  /// Answers the overdue request, if anybody still waits for it; the app learns nothing of it yet.
  /// \param for_good  nothing more is expected of the app; else it gets its time once more
  void giveUpOverdue(const Failure& failure, bool for_good);
  /// Tells the app of a request that was given up that nobody waits for it, so that its slot may
  /// become free.
  void letGo();

  /// Takes no more requests; the slot's thread in the worker ends.
  void close();
  /// Once it is lost: the current request, if there is one, is told how the worker ended.
  void workerDied(const Failure& failure);
  /// Somebody waits for the answer.
  bool isWaitedFor() const { return request_ != nullptr; }
  SlotReport report() const;
  /// "request 1a2b-000001 (GET /path)", or empty where it serves none; also of one whose client has
  /// left, as long as the app is at it.
  std::string servedRequest() const;

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
  void pauseAnswer(bool paused);

  const std::uint16_t number_;
  const PathRule paths_;
  std::unique_ptr<SlotLink> link_;
  const TimeSource& now_;
  const FailureSink& on_failure_;
  Owner& owner_;
  std::shared_ptr<Request> request_;  ///< null while busy: nobody waits for the answer any more
  std::shared_ptr<Request> left_;     ///< while busy: the one that nobody waits for, to name it
  std::uint16_t serial_ = 0;
  struct Given {
    std::uint16_t serial = 0;  ///< 0 with an empty id: none
    std::string id;
  };
  std::array<Given, 8> given_;  ///< the last requests; each at its serial modulo the size
  bool busy_ = false;
  bool lost_ = false;
  bool started_ = false;  ///< the answer's head is out
  std::chrono::milliseconds limit_{0};
  Deadline deadline_;             ///< while busy
  Deadline whole_time_;           ///< while busy: the app's own, from serve() on
  Deadline::TimePoint assigned_;  ///< while busy: when serve() was called
  bool answer_paused_ = false;    ///< with it the deadline
  bool held_ = false;             ///< with it both deadlines
  bool was_held_ = false;
  std::uint64_t input_passed_ = 0;  ///< bytes of the body that were given to the link
  std::uint64_t input_marked_ = 0;  ///< of these, read by the app when its time began anew
  bool told_ = true;                ///< that nobody waits, by letGo()
  bool given_up_ = false;           ///< the app had its time and is still busy
  bool input_ended_ = true;
  bool input_congested_ = false;  ///< the worker takes no more of the body for now
  std::uint64_t input_left_ = 0;  ///< of CONTENT_LENGTH, or as good as endless
  bool has_length_ = false;
  /// Of the answer's own Content-Length; nothing: it has none, or a body that is not sent.
  std::optional<std::uint64_t> answer_left_;
};

}  // namespace holdfast
