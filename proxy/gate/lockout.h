/// \file lockout.h
/// Counts wrong secrets for each address, and shuts the door to it for longer each time. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace holdfast::proxy {

struct LockoutLimits {
  unsigned free = 5;                  ///< wrong secrets before the first delay
  std::chrono::seconds first{1};      ///< delay; twice as long each time
  std::chrono::seconds longest{900};  ///< delay
  std::chrono::seconds forget{3600};  ///< after the end of the last delay
  std::size_t max_addresses = 1024;   ///< remembered; above it the least guilty is forgotten
};

/// Belongs to one thread.
class Lockout {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Lockout(LockoutLimits limits = {}) : limits_(limits) {}

  /// How long nothing is taken from the client yet; zero: it may try.
  Clock::duration remaining(const std::string& client, Clock::time_point now) const;

  /// A wrong secret. \return the delay that begins with it; zero: none yet
  Clock::duration fail(const std::string& client, Clock::time_point now);

  /// The right secret: what was before is forgotten.
  void forgive(const std::string& client) { entries_.erase(keyOf(client)); }

  std::size_t size() const { return entries_.size(); }

  /// What is counted as one: an IPv4 address; the /64 network of an IPv6 address, all of which one
  /// client may have; everything that is no address.
  static std::string keyOf(const std::string& client);

 private:
  struct Entry {
    unsigned failures = 0;
    Clock::time_point until;  ///< end of the last delay; without one, when the last failure was
  };

  bool isForgotten(const Entry& entry, Clock::time_point now) const;
  Clock::duration delayAfter(unsigned failures) const;
  void makeRoom(Clock::time_point now);

  LockoutLimits limits_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace holdfast::proxy
