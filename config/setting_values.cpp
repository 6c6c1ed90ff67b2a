#include "config/setting_values.h"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

#include "config/letter_case.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMaxPort = 65535;
/// sockaddr_un holds 108 bytes, the last of which is a NUL.
constexpr std::size_t kMaxUnixPathBytes = 107;
constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kTcpPrefix = "tcp:";

/// The whole text, digits only.
std::optional<unsigned> parseUnsigned(std::string_view text, int base) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool consistsOf(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
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

/// `a/../b` becomes `b` only where that is the same directory: with a symbolic link it may not be.
fs::path tidied(const fs::path& path) {
  fs::path tidy = path.lexically_normal();
  if (!tidy.has_filename()) tidy = tidy.parent_path();
  std::error_code error;
  return fs::equivalent(tidy, path, error) ? tidy : path;
}

}  // namespace

bool isIpv4Address(std::string_view host) {
  const std::vector<std::string_view> numbers = split(host, '.');
  return numbers.size() == 4 && std::all_of(numbers.begin(), numbers.end(), isIpv4Number);
}

Objection parseCount(const std::string& text, unsigned least, unsigned most, unsigned& value) {
  const std::optional<unsigned> number = parseUnsigned(text, 10);
  if (!number || *number < least || *number > most) {
    return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  }
  value = *number;
  return std::nullopt;
}

Objection parseSwitch(const std::string& text, bool& value) {
  const std::string word = lowerCase(text);
  const bool yes = word == "true" || word == "yes" || word == "on" || word == "1";
  const bool no = word == "false" || word == "no" || word == "off" || word == "0";
  if (!yes && !no) return "must be true or false";
  value = yes;
  return std::nullopt;
}

Objection parseFileMode(const std::string& text, unsigned& value) {
  const std::optional<unsigned> mode = parseUnsigned(text, 8);
  if (!mode || *mode > 0777) return "must be an octal number from 0000 to 0777";
  value = *mode;
  return std::nullopt;
}

Objection parseOwner(const std::string& text, std::string& value) {
  const std::vector<std::string_view> names = split(text, ':');
  const bool good = names.size() <= 2 && std::none_of(names.begin(), names.end(), [](auto name) {
                      return name.empty() || name.find_first_of(" /") != std::string_view::npos;
                    });
  if (!good) return "must be USER or USER:GROUP";
  value = text;
  return std::nullopt;
}

Objection parseHandler(const std::string& text, std::string& value) {
  if (text.empty()) return "must name the WSGI app";
  if (text.find(' ') != std::string::npos) return "must not contain blanks";
  value = text;
  return std::nullopt;
}

std::string normaliseMount(const std::string& text) {
  const std::size_t first = text.find_first_not_of('/');
  if (first == std::string::npos) return {};
  const std::size_t last = text.find_last_not_of('/');
  return '/' + text.substr(first, last - first + 1);
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

Objection parseDirectory(const std::string& text, const fs::path& base, fs::path& value) {
  if (text.empty()) return "must be a directory";
  const fs::path path = base / text;
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  if (type == fs::file_type::not_found) return "there is no directory " + path.string();
  if (type == fs::file_type::none) {
    return path.string() + " cannot be reached: " + error.message();
  }
  if (type != fs::file_type::directory) return path.string() + " is not a directory";
  value = tidied(path);
  return std::nullopt;
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

Objection parseUrlPath(const std::string& text, std::string& value) {
  if (text.size() < 2 || text.front() != '/' || text.back() == '/') {
    return "must be a path that begins with a slash and does not end with one";
  }
  if (text.find_first_of(" ?#%\\") != std::string::npos || text.find("//") != std::string::npos) {
    return "must be a plain path, without blanks, ?, #, %, \\ and //";
  }
  value = text;
  return std::nullopt;
}

Objection parsePattern(const std::string& text, std::string& value) {
  constexpr std::size_t kMaxBytes = 1000;
  if (text.size() > kMaxBytes) return "has more than 1000 characters";
  try {
    const Poco::RegularExpression expression(text);
  } catch (const Poco::Exception& error) {
    return "is not a regular expression: " + error.message();
  }
  value = text;
  return std::nullopt;
}

Objection parseChoice(const std::string& text, std::span<const char* const> choices,
                      std::size_t& index) {
  std::string names;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (equalsIgnoringCase(text, choices[i])) {
      index = i;
      return std::nullopt;
    }
    if (i > 0) names += i + 1 < choices.size() ? ", " : " or ";
    names += choices[i];
  }
  return "must be " + names;
}

Objection parseLogFile(const std::string& text, const fs::path& base, fs::path& value) {
  if (text.empty()) {
    value.clear();
    return std::nullopt;
  }
  const fs::path path = tidied(base / text);
  std::error_code error;
  if (fs::is_directory(path, error) || !path.has_filename()) {
    return path.string() + " is a directory";
  }
  fs::path folder;
  const Objection objection = parseDirectory(path.parent_path().string(), "/", folder);
  if (objection) return *objection + ": make it, or name a file in another one";
  value = path;
  return std::nullopt;
}

}  // namespace holdfast
