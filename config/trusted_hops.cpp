#include "config/trusted_hops.h"

#include <Poco/Net/IPAddress.h>

#include <string_view>

#include "config/letter_case.h"
#include "config/printable.h"

namespace holdfast {
namespace {

using Poco::Net::IPAddress;

constexpr unsigned kIpv4Bits = 32;
constexpr unsigned kIpv6Bits = 128;

bool parseAddress(std::string_view text, IPAddress& address) {
  // Poco takes more for an address than there is: 10.1, 010.0.0.1, fe80::1%eth0.
  const bool ipv6 = text.find(':') != std::string_view::npos;
  const bool plain =
      ipv6 ? text.find_first_not_of("0123456789abcdefABCDEF:.") == text.npos : isIpv4Address(text);
  if (text == "::") {
    // Poco takes it for its own mark of a wrong address.
    address = IPAddress(IPAddress::IPv6);
    return true;
  }
  return plain && IPAddress::tryParse(std::string(text), address);
}

std::string network(const IPAddress& address, unsigned bits) {
  const unsigned all = address.family() == IPAddress::IPv6 ? kIpv6Bits : kIpv4Bits;
  if (bits == all) return address.toString();
  const IPAddress mask(bits, address.family());
  return (address & mask).toString() + '/' + std::to_string(bits);
}

Objection parseHop(std::string_view text, std::string& hop) {
  if (equalsIgnoringCase(text, "unix")) {
    hop = "unix";
    return std::nullopt;
  }
  const std::size_t slash = text.find('/');
  IPAddress address;
  if (!parseAddress(text.substr(0, slash), address)) {
    return inQuotes(text) +
           " in it is neither an IP address, nor a network such as 10.0.0.0/8, "
           "nor unix";
  }
  unsigned bits = address.family() == IPAddress::IPv6 ? kIpv6Bits : kIpv4Bits;
  if (slash != std::string_view::npos) {
    const Objection objection = parseCount(std::string(text.substr(slash + 1)), 0, bits, bits);
    if (objection) return "the part of " + inQuotes(text) + " after the slash " + *objection;
  }
  hop = network(address, bits);
  return std::nullopt;
}

}  // namespace

Objection parseTrustedHops(const std::string& text, std::vector<std::string>& value) {
  constexpr const char* kSeparators = ", \t";
  std::vector<std::string> hops;
  std::size_t end = 0;
  for (std::size_t begin; (begin = text.find_first_not_of(kSeparators, end)) != text.npos;) {
    end = std::min(text.find_first_of(kSeparators, begin), text.size());
    const Objection objection =
        parseHop(std::string_view(text).substr(begin, end - begin), hops.emplace_back());
    if (objection) return objection;
  }
  value = std::move(hops);
  return std::nullopt;
}

}  // namespace holdfast
