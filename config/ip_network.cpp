#include "config/ip_network.h"

#include "config/addresses.h"
#include "config/setting_values.h"

namespace holdfast {
namespace {

using Poco::Net::IPAddress;

constexpr unsigned kIpv4Bits = 32;
constexpr unsigned kIpv6Bits = 128;
/// Of ::ffff:0:0/96.
constexpr unsigned kMappedBits = 96;

unsigned bitsOf(const IPAddress& address) {
  return address.family() == IPAddress::IPv4 ? kIpv4Bits : kIpv6Bits;
}

IPAddress masked(const IPAddress& address, unsigned bits) {
  return address & IPAddress(bits, address.family());
}

/// As it is written: not yet the IPv4 address in an IPv6 one.
std::optional<IPAddress> parseAsWritten(std::string_view text) {
  // Poco takes it for its own mark of a wrong address.
  if (text == "::") return IPAddress(IPAddress::IPv6);
  // And it takes more for an address than there is: 10.1, 010.0.0.1, fe80::1%eth0.
  const bool plain = text.find(':') == std::string_view::npos
                         ? isIpv4Address(text)
                         : text.find_first_not_of("0123456789abcdefABCDEF:.") == text.npos;
  IPAddress address;
  if (!plain || !IPAddress::tryParse(std::string(text), address)) return std::nullopt;
  return address;
}

bool isMapped(const IPAddress& address) {
  return address.family() == IPAddress::IPv6 && address.isIPv4Mapped();
}

IPAddress unmapped(const IPAddress& address) {
  return IPAddress(static_cast<const unsigned char*>(address.addr()) + kMappedBits / 8,
                   kIpv4Bits / 8);
}

}  // namespace

std::optional<IPAddress> parseIpAddress(std::string_view text) {
  const auto address = parseAsWritten(text);
  return address && isMapped(*address) ? unmapped(*address) : address;
}

bool IpNetwork::contains(const IPAddress& other) const {
  return other.family() == address.family() && masked(other, bits) == address;
}

std::string IpNetwork::text() const {
  if (bits == bitsOf(address)) return address.toString();
  return address.toString() + '/' + std::to_string(bits);
}

std::optional<IpNetwork> parseIpNetwork(std::string_view text, std::string& objection) {
  const std::size_t slash = text.find('/');
  const auto address = parseAsWritten(text.substr(0, slash));
  if (!address) {
    objection = "is neither an IP address, nor a network such as 10.0.0.0/8";
    return std::nullopt;
  }
  unsigned bits = bitsOf(*address);
  if (slash != std::string_view::npos) {
    const Objection wrong = parseCount(std::string(text.substr(slash + 1)), 0, bits, bits);
    if (wrong) {
      objection = *wrong;
      return std::nullopt;
    }
  }
  if (isMapped(*address) && bits >= kMappedBits) {
    return IpNetwork{masked(unmapped(*address), bits - kMappedBits), bits - kMappedBits};
  }
  return IpNetwork{masked(*address, bits), bits};
}

}  // namespace holdfast
