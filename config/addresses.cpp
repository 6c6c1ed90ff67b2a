#include "config/addresses.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "config/text_parts.h"

namespace holdfast {
namespace {

constexpr unsigned kMaxPort = 65535;
/// sockaddr_un holds 108 bytes, the last of which is a NUL.
constexpr std::size_t kMaxUnixPathBytes = 107;
constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kTcpPrefix = "tcp:";

bool consistsOf(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

/// A leading zero is refused: inet_addr() would read the number as octal.
bool isIpv4Number(std::string_view text) {
  const bool octal = text.size() > 1 && text.front() == '0';
  const std::optional<unsigned> number = parseUnsigned(text, 10);
  return !octal && number && *number <= 255;
}

/// Only the shape: what it means is found out by the one who opens it.
bool looksLikeBracketedIpv6(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const std::string_view address = host.substr(1, host.size() - 2);
  return consistsOf(address, "0123456789abcdefABCDEF:.") &&
         std::count(address.begin(), address.end(), ':') >= 2;
}

bool looksLikeHostName(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !host.empty() && consistsOf(host, kAllowed);
}

Objection objectToFastCgiHost(std::string_view host) {
  if (host == "localhost" || isIpv4Address(host)) return std::nullopt;
  return "its HOST must be an IPv4 address (0.0.0.0 for all of this machine's) or localhost";
}

Objection objectToHttpHost(std::string_view host) {
  // Digits and dots alone are meant as an address, so a wrong one must not pass for a name.
  const bool numeric = consistsOf(host, "0123456789.");
  const bool good =
      numeric ? isIpv4Address(host) : looksLikeHostName(host) || looksLikeBracketedIpv6(host);
  if (good) return std::nullopt;
  return "its HOST must be an IPv4 address (0.0.0.0 for all of this machine's), an IPv6 address "
         "in brackets, or a host name";
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;
};

/// The port begins after the last colon: an IPv6 address has colons of its own.
std::optional<HostAndPort> splitTcpAddress(std::string_view text) {
  if (!text.starts_with(kTcpPrefix)) return std::nullopt;
  text.remove_prefix(kTcpPrefix.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
}

Objection objectToPort(std::string_view text, unsigned least) {
  const std::optional<unsigned> port = parseUnsigned(text, 10);
  if (port == 0u && least > 0) {
    return "port 0 would open a port that the web server cannot know: its PORT must be a number "
           "from 1 to 65535";
  }
  if (port && *port <= kMaxPort) return std::nullopt;
  return "its PORT must be a number from " + std::to_string(least) + " to 65535";
}

Objection objectToUnixPath(std::string_view path) {
  if (path.empty()) return "must be unix:PATH or tcp:HOST:PORT, and the PATH is missing";
  if (path.size() > kMaxUnixPathBytes) {
    return "its PATH has " + std::to_string(path.size()) +
           " bytes, and that of a UNIX socket can have at most 107: choose a shorter one";
  }
  if (path.find(':') != std::string_view::npos) {
    return "its PATH has a colon, which would make HOST:PORT of it: choose one without";
  }
  return std::nullopt;
}

}  // namespace

bool isIpv4Address(std::string_view host) {
  const std::vector<std::string_view> numbers = split(host, '.');
  return numbers.size() == 4 && std::all_of(numbers.begin(), numbers.end(), isIpv4Number);
}

Objection parseFastCgiAddress(const std::string& text, std::string& value) {
  Objection objection;
  if (text.starts_with(kUnixPrefix)) {
    objection = objectToUnixPath(std::string_view(text).substr(kUnixPrefix.size()));
  } else if (const std::optional<HostAndPort> address = splitTcpAddress(text)) {
    objection = objectToFastCgiHost(address->host);
    if (!objection) objection = objectToPort(address->port, 1);
  } else {
    objection = "must be unix:PATH or tcp:HOST:PORT";
  }
  if (!objection) value = text;
  return objection;
}

Objection parseHttpAddress(const std::string& text, std::string& value) {
  const std::optional<HostAndPort> address = splitTcpAddress(text);
  if (!address) return "must be tcp:HOST:PORT";
  Objection objection = objectToHttpHost(address->host);
  if (!objection) objection = objectToPort(address->port, 0);
  if (!objection) value = text;
  return objection;
}

Objection parseChannelAddress(const std::string& text, std::string& value) {
  if (!text.starts_with(kUnixPrefix) && !text.starts_with(kTcpPrefix)) {
    return "must be unix:PATH or tcp:HOST:PORT";
  }
  if (text.starts_with(kTcpPrefix)) return parseHttpAddress(text, value);
  return parseFastCgiAddress(text, value);
}

Objection parseDebugAddress(const std::string& text, std::string& value) {
  const std::size_t colon = text.rfind(':');
  const std::string_view host = std::string_view(text).substr(0, colon);
  const bool loopback =
      host == "localhost" || host == "[::1]" || (host.starts_with("127.") && isIpv4Address(host));
  if (colon == std::string::npos || !loopback) {
    return "must be HOST:PORT with localhost, 127.0.0.1 or [::1] for the HOST: whoever reaches "
           "this port can run code";
  }
  Objection objection = objectToPort(std::string_view(text).substr(colon + 1), 0);
  if (!objection) value = text;
  return objection;
}

}  // namespace holdfast
