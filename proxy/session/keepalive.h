/// \file keepalive.h
/// When to ask a silent peer whether it lives, and when to give it up. Pure: told the time.
#pragma once

#include <algorithm>
#include <chrono>

namespace holdfast::proxy {

class Keepalive {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Span = std::chrono::steady_clock::duration;

  /// \param ping  between two pings
  /// \param silence  after this long without a sign of life the peer is dead
  Keepalive(Span ping, Span silence, Time now)
      : ping_(ping), silence_(silence), heard_(now), next_ping_(now + ping) {}

  /// A sign of life.
  void heard(Time now) { heard_ = now; }
  bool isDead(Time now) const { return now >= heard_ + silence_; }

  /// \return whether a ping is to be sent now; true once for each
  bool pingDue(Time now) {
    if (now < next_ping_) return false;
    // Not many at once after a pause of the whole machine.
    next_ping_ = now + ping_;
    return true;
  }

  /// When to ask again.
  Time next() const { return std::min(next_ping_, heard_ + silence_); }

 private:
  const Span ping_;
  const Span silence_;
  Time heard_;
  Time next_ping_;
};

}  // namespace holdfast::proxy
