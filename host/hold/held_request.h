/// \file held_request.h
/// A request of the debug lane, as its worker sees it, whoever waits for its answer.
///
///     slot ─ start, write ..., finish ─▶ HeldRequest ─▶ the front end's request
///                                         │               hop, redirect: it is taken away
///                                         └─ parked ────▶ the follow-up request of its client
///
/// As long as no keeper takes its front away it passes on everything as it comes. Without a front
/// the app's answer is parked: in memory, then in a temporary file. The next front gets all of it,
/// as if it had asked for it itself (FastCGI and HTTP alike).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "host/front/request.h"

namespace holdfast {

/// Everything is called on the event loop's thread.
class HeldRequest : public Request, private Responder {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    /// One of what is asked below has changed.
    virtual void onChanged(HeldRequest& request) = 0;
    /// The answer begins, or is whole (isAnswered()): its client does not know yet. The app's, or
    /// the host's in its place.
    virtual void onSign(HeldRequest& request) = 0;
    /// The app has answered 304, or 206, to a client that had asked so; who waits now has not. To
    /// be sent to the address without token. \param front  the caller's
    virtual void onUnasked(HeldRequest& request, const std::shared_ptr<Request>& front) = 0;
    /// It has been answered, or is given up: nothing happens any more. Not to be destroyed within
    /// this call.
    virtual void onOver(HeldRequest& request) = 0;
  };

  struct Limits {
    BodyLimits body;  ///< of the body, and of a parked answer's part in memory
    /// Bytes of an answer that nobody fetches; then its app waits.
    std::uint64_t parked = std::uint64_t{256} << 20;
  };

  /// \param front  what it stands for; its body may still be arriving
  HeldRequest(std::shared_ptr<Request> front, const Limits& limits, Owner& owner);
  ~HeldRequest() override;
  /// To be called once, before anybody answers it.
  void begin() { pullBody(); }

  /// Somebody waits for the answer.
  bool isWaitedFor() const { return front_ != nullptr; }
  const std::shared_ptr<Request>& front() const { return front_; }
  /// The app has begun to answer.
  bool hasBegun() const { return head_.has_value(); }
  /// Of the app's answer; where hasBegun().
  const AnswerHead& head() const { return *head_; }
  /// The app has answered.
  bool isAnswered() const { return ended_ != Ended::kNot; }
  bool isOver() const { return over_; }
  /// All of the body is here: the front may be taken away.
  bool bodyIsHere() const { return body_is_here_; }

  /// From now on all of the body is taken as it comes, whether the app reads it or not.
  void readAhead();
  /// The front is the caller's, to be answered; where the answer has not begun and the body is
  /// here. Another one is expected.
  std::shared_ptr<Request> takeFront();
  /// Gets the answer; its own body has no meaning. There must be no other one.
  void setFront(std::shared_ptr<Request> front);
  /// Nobody will come for the answer: the app is told that its client has left.
  void giveUp();

  void onBodyTaken() override;
  void start(const AnswerHead& head) override;
  void write(std::span<std::byte> chunk) override;
  bool flush() override;
  void finish() override;
  void cut() override;
  void reportError(std::string_view text) override;

 private:
  enum class Ended { kNot, kFinished, kCut };

  void onBody() override;
  void onAnswerTaken() override;
  void onClientGone() override;

  bool pullBody();
  void loseBody();
  void lendTrail();
  void beginDelivery();
  void deliver();
  void deliverPiece(Request& front);
  void end(Ended how);
  void endDelivery();
  void leave();

  Owner& owner_;
  const std::uint64_t most_parked_;
  std::shared_ptr<Request> front_;  ///< null: parked
  bool follow_up_ = false;          ///< front_ is not the first one
  bool reads_ahead_ = false;
  bool body_is_here_ = false;
  bool awaited_ = false;  ///< a front was taken away: without one it is parked, not left
  std::optional<AnswerHead> head_;
  bool delivering_ = false;  ///< head_ has gone to front_
  bool congested_ = false;   ///< the app waits for the client
  BodyBuffer parked_;        ///< of the answer's body, what no front has got
  std::vector<std::byte> piece_;
  Ended ended_ = Ended::kNot;
  bool over_ = false;
};

/// How engine.py names the thread that runs the request, if that is short.
std::string threadNameOf(const Request& request);

}  // namespace holdfast
