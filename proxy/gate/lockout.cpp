#include "proxy/gate/lockout.h"

#include <algorithm>
#include <tuple>

#include "config/ip_network.h"

namespace holdfast::proxy {

namespace {
constexpr unsigned kClientsIpv6Bits = 64;
constexpr unsigned kMostDoublings = 30;
}  // namespace

std::string Lockout::keyOf(const std::string& client) {
  using Poco::Net::IPAddress;
  const auto address = parseIpAddress(client);
  if (!address) return "unknown";
  if (address->family() == IPAddress::IPv4) return address->toString();
  return (*address & IPAddress(kClientsIpv6Bits, IPAddress::IPv6)).toString();
}

bool Lockout::isForgotten(const Entry& entry, Clock::time_point now) const {
  return now >= entry.until + limits_.forget;
}

Lockout::Clock::duration Lockout::remaining(const std::string& client,
                                            Clock::time_point now) const {
  const auto found = entries_.find(keyOf(client));
  if (found == entries_.end() || now >= found->second.until) return Clock::duration::zero();
  return found->second.until - now;
}

Lockout::Clock::duration Lockout::delayAfter(unsigned failures) const {
  if (failures < limits_.free) return Clock::duration::zero();
  const unsigned doublings = std::min(failures - limits_.free, kMostDoublings);
  return std::min(limits_.first * (std::int64_t{1} << doublings), limits_.longest);
}

Lockout::Clock::duration Lockout::fail(const std::string& client, Clock::time_point now) {
  const std::string key = keyOf(client);
  if (!entries_.contains(key)) makeRoom(now);
  Entry& entry = entries_[key];
  if (isForgotten(entry, now)) entry = {};
  entry.failures = std::min(entry.failures + 1, limits_.free + kMostDoublings);
  const Clock::duration delay = delayAfter(entry.failures);
  entry.until = now + delay;
  return delay;
}

void Lockout::makeRoom(Clock::time_point now) {
  if (entries_.size() < limits_.max_addresses) return;
  std::erase_if(entries_, [&](const auto& item) { return isForgotten(item.second, now); });
  if (entries_.size() < limits_.max_addresses) return;
  // Whoever has many addresses drives out those that have tried least, not those locked out.
  entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](auto& a, auto& b) {
    return std::tie(a.second.until, a.second.failures) <
           std::tie(b.second.until, b.second.failures);
  }));
}

}  // namespace holdfast::proxy
