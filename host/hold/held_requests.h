/// \file held_requests.h
/// The requests that are in the debug lane: keeps those who wait for them patient while they are
/// held, and knows where each answer has to go.
///
///     lane is held ─▶ each request in it: keeper (host/hold/keeper.h) ─ in time ─▶ pad
///                                              └▶ the front is taken away: hop or redirect, with
///                                                 a token ─▶ take(): the follow-up with the token
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "host/hold/front_patience.h"
#include "host/hold/held_request.h"
#include "host/hold/held_token.h"
#include "host/hold/keeper.h"
#include "host/platform/event_loop.h"
#include "proxy/hold_report.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class HeldRequests : private HeldRequest::Owner {
 public:
  struct Plan {
    std::chrono::milliseconds patience{0};  ///< hold.patience; 0: not set
    std::string debug_path;                 ///< of the channel
    HeldRequest::Limits limits;
    /// An answer that nobody comes for is kept so long.
    std::chrono::milliseconds expires{std::chrono::minutes(5)};
    /// ... once the host has been told to stop.
    std::chrono::milliseconds last_wait{std::chrono::seconds(5)};
  };

  /// Why a request that asks for an answer cannot have it.
  enum class Refusal {
    kGone,       ///< it is delivered, expired, or was never there
    kElsewhere,  ///< another request has come for it since
  };
  /// \param explain  answers the request with an error page
  /// \param on_sign  one in the lane that was held gets the begin of its answer, or has got all of
  /// it
  HeldRequests(EventLoop& loop, std::function<void(Request&, Refusal)> explain,
               std::function<void(const HeldRequest&)> on_sign);
  ~HeldRequests() override;

  void apply(Plan plan) { plan_ = std::move(plan); }

  /// What the lane gets in the place of a request.
  /// \param marked  it shall not go elsewhere while the lane is held
  /// \return null: it was answered already
  std::shared_ptr<Request> wrap(std::shared_ptr<Request> request, bool marked);
  /// Answers a request that comes with a token. \return false: it has none
  bool take(const std::shared_ptr<Request>& request);
  /// All that are in the lane are held, or go on.
  void setHeld(bool held);
  /// It was not begun, and does not go to the lane after all. Of wrap().
  bool mayLeaveLane(const Request& request) const;
  void leaveLane(const Request& request);

  std::vector<proxy::HeldRequestReport> report() const;
  /// One line for each that is held, when it is news: which keeper, and what it can do.
  void logHeld();
  /// How many of those that were held are still in the lane, and not answered.
  /// \param thread  that a thread of this name runs
  std::size_t countHeldRuns(const std::string& thread) const;
  /// Answers that clients come for, or will have to.
  std::size_t expected() const;
  /// Before the end: clients that do not come at once do not come any more.
  void hurry();

 private:
  struct Entry {
    std::shared_ptr<HeldRequest> request;
    bool marked = false;
    bool in_lane = true;
    bool was_held = false;
    FrontPatience patience;  ///< of who waits now
    std::string query;       ///< of the first one, as urlText() has it
    std::string hop_path;    ///< empty: no hops
    std::string method;
    std::string host;                                 ///< HTTP_HOST
    std::string token;                                ///< empty: was never given away
    std::chrono::steady_clock::time_point last_sign;  ///< that who waits now has had: a pad
    unsigned hops = 0;            ///< since its client has asked; of a browser's page: ever
    unsigned hand_offs = 0;       ///< that its client has seen
    unsigned given_away = 0;      ///< hops and hand-offs, all of them
    bool hops_now = false;        ///< the last one was a hop
    std::string logged;           ///< its keeper, in the log
    bool waits_for_body = false;  ///< before its front can be taken away
    Timer keeper;
    Timer expiry;
  };

  void onChanged(HeldRequest& request) override;
  void onSign(HeldRequest& request) override;
  void onUnasked(HeldRequest& request, const std::shared_ptr<Request>& front) override;
  void onOver(HeldRequest& request) override;

  Entry& entryOf(const HeldRequest& request);
  Entry* findByToken(const std::string& token, std::string_view host);
  void claim(Entry& entry, const std::shared_ptr<Request>& request, const HeldParameter& parameter);
  void noteClientComes(Entry& entry, const Params& params);
  void answerUnknown(const std::shared_ptr<Request>& request, const HeldParameter& parameter);
  void watch(Entry& entry);
  void act(Entry& entry);
  void padAt(Entry& entry, EventLoop::Clock::time_point when);
  void pad(Entry& entry);
  void giveAway(Entry& entry);
  AnswerHead answerFor(Entry& entry, Keeper keeper, std::string& body);
  void countHandOff(Entry& entry, const Params& params) const;
  void watchExpiry(Entry& entry);
  void expire(Entry& entry);
  void dropOldestParked();
  void logHeld(Entry& entry);
  Keeper keeperOf(const Entry& entry) const;
  std::chrono::steady_clock::time_point dueOf(const Entry& entry) const;
  proxy::HeldRequestReport reportOf(const Entry& entry) const;

  EventLoop& loop_;
  const std::function<void(Request&, Refusal)> explain_;
  const std::function<void(const HeldRequest&)> on_sign_;
  Plan plan_;
  bool held_ = false;
  std::list<Entry> entries_;  ///< oldest first
};

}  // namespace holdfast
