/// \file held_requests.h
/// The requests that are in the debug lane: keeps those who wait for them patient while they are
/// held, and knows where each answer has to go.
///
///     lane is held ─▶ each request in it: keeper (host/hold/keeper.h) ─ in time ─▶ pad
///                                              └▶ the front is taken away: hop or redirect, with
///                                                 a token ─▶ take(): the follow-up with the token
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "host/hold/cors_memory.h"
#include "host/hold/front_patience.h"
#include "host/hold/held_request.h"
#include "host/hold/keeper.h"
#include "host/platform/event_loop.h"
#include "host/worker/worker_slot.h"
#include "proxy/hold_report.h"

namespace holdfast {

/// Belongs to the event loop's thread.
class HeldRequests : private HeldRequest::Owner {
 public:
  struct Plan {
    std::chrono::milliseconds patience{0};  ///< hold.patience; 0: not set
    std::string debug_path;                 ///< of the channel
    BodyLimits limits;                      ///< of HeldRequest
    /// An answer that nobody comes for is kept so long.
    std::chrono::milliseconds expires{std::chrono::minutes(5)};
  };

  /// \param explain  answers a request with an error page
  HeldRequests(EventLoop& loop, FailureSink explain);
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
  /// One line for each that is held: which keeper, and what it can do.
  void logHeld() const;
  /// Answers that clients may still come for.
  std::size_t expected() const;
  /// Gives up all of expected(); nobody comes any more.
  void giveUpExpected();

 private:
  struct Entry {
    std::shared_ptr<HeldRequest> request;
    bool marked = false;
    bool in_lane = true;
    bool was_held = false;
    FrontPatience patience;  ///< of who waits now
    std::string query;       ///< of the first one, as its client sent it
    std::string hop_path;    ///< empty: no hops
    std::string host;        ///< HTTP_HOST
    std::string origin;      ///< HTTP_ORIGIN
    std::string token;       ///< empty: was never given away
    unsigned hops = 0;
    unsigned hand_offs = 0;       ///< without hops
    bool waits_for_body = false;  ///< before its front can be taken away
    Timer keeper;
    Timer expiry;
  };

  void onChanged(HeldRequest& request) override;
  void onOver(HeldRequest& request) override;

  Entry& entryOf(const HeldRequest& request);
  Entry* findByToken(const std::string& token, std::string_view host);
  void claim(Entry& entry, const std::shared_ptr<Request>& request);
  void answerUnknown(const std::shared_ptr<Request>& request);
  void watch(Entry& entry);
  void act(Entry& entry);
  void pad(Entry& entry);
  void giveAway(Entry& entry);
  AnswerHead answerFor(Entry& entry, Keeper keeper, std::string& body);
  void noteHandOff(const Entry& entry) const;
  void watchExpiry(Entry& entry);
  void expire(Entry& entry);
  void dropOldestParked();
  Keeper keeperOf(const Entry& entry) const;
  std::chrono::steady_clock::time_point dueOf(const Entry& entry) const;
  proxy::HeldRequestReport reportOf(const Entry& entry) const;

  EventLoop& loop_;
  const FailureSink explain_;
  Plan plan_;
  bool held_ = false;
  std::list<Entry> entries_;  ///< oldest first
  CorsMemory cors_;
};

}  // namespace holdfast
