/// \file ip_network.h
/// IP addresses and networks as text. Pure.
#pragma once

#include <Poco/Net/IPAddress.h>

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// IPv4 in four parts, IPv6 without a zone; `::ffff:192.0.2.1` is the IPv4 address in it.
std::optional<Poco::Net::IPAddress> parseIpAddress(std::string_view text);

struct IpNetwork {
  Poco::Net::IPAddress address;  ///< host bits are zero
  unsigned bits = 0;             ///< of the prefix

  bool contains(const Poco::Net::IPAddress& other) const;
  /// `10.0.0.0/8`; an address alone where the prefix is all of it.
  std::string text() const;
};

/// `ADDRESS` or `ADDRESS/BITS`.
/// \param[out] objection  where nothing is returned: a clause that continues `"TEXT"`
std::optional<IpNetwork> parseIpNetwork(std::string_view text, std::string& objection);

}  // namespace holdfast
