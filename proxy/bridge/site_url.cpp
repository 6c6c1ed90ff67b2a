#include "proxy/bridge/site_url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>

#include "config/ip_network.h"
#include "config/letter_case.h"
#include "config/printable.h"
#include "config/text_parts.h"

namespace holdfast::proxy {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr char kExample[] = "wss://SECRET@site.example/ptvsd";

struct Scheme {
  std::string_view name;
  bool tls;
  std::uint16_t port;
};
constexpr Scheme kSchemes[] = {
    {"wss", true, 443}, {"https", true, 443}, {"ws", false, 80}, {"http", false, 80}};

const Scheme* findScheme(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kSchemes), std::end(kSchemes),
                   [name](const Scheme& s) { return equalsIgnoringCase(s.name, name); });
  return found == std::end(kSchemes) ? nullptr : found;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string result;
  try {
    Poco::URI::decode(std::string(text), result);
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
  return result;
}

/// `SECRET`, `SECRET:` or `:SECRET`, as different programs want it.
std::optional<Secret> secretOf(std::string_view user, std::string& objection) {
  const std::size_t colon = user.find(':');
  std::string_view secret = user.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view password = user.substr(colon + 1);
    if (!secret.empty() && !password.empty()) {
      objection =
          "has a name and a password before the @: the secret stands there alone, and a colon in "
          "it is written %3A";
      return std::nullopt;
    }
    if (secret.empty()) secret = password;
  }
  auto text = decoded(secret);
  if (!text) {
    objection = "has a % in its secret that is no encoding: write it %25";
    return std::nullopt;
  }
  Secret result(*text);
  wipe(*text);
  return result;
}

bool isHostName(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

/// What may not stand in a request line is encoded.
std::string requestPath(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  while (path.ends_with('/')) path.remove_suffix(1);
  std::string result;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F) {
      result += c;
    } else {
      result += {'%', kHex[byte >> 4], kHex[byte & 0x0F]};
    }
  }
  return result;
}

bool hasBlankOrControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || isControl(c); });
}

/// Reads all behind the scheme.
std::string readRest(std::string_view rest, SiteUrl& url) {
  std::string objection;
  const std::string_view user = userPart(rest);
  // Before `@host` stands an empty one.
  if (user.data() != nullptr) {
    auto secret = secretOf(user, objection);
    if (!secret) return objection;
    url.secret = std::move(*secret);
    rest.remove_prefix(user.size() + 1);
  }
  if (rest.find('#') != std::string_view::npos)
    return "has a #, which in an address is written %23";
  if (hasBlankOrControl(rest)) return "has a blank in it, which in an address is written %20";
  const std::size_t question = rest.find('?');
  if (question != std::string_view::npos) url.query = rest.substr(question + 1);
  rest = rest.substr(0, question);
  const std::size_t slash = rest.find('/');
  if (!parseAuthority(rest.substr(0, slash), url.host, url.port)) {
    return std::string("has no host and port as in ") + kExample;
  }
  if (slash != std::string_view::npos) url.path = requestPath(rest.substr(slash));
  if (url.path.empty()) url.path = "/ptvsd";
  return {};
}

}  // namespace

std::string SiteUrl::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return port == (tls ? 443 : 80) ? name : name + ':' + std::to_string(port);
}

std::string SiteUrl::text() const { return (tls ? "wss://" : "ws://") + authority() + path; }

std::string SiteUrl::webText() const { return (tls ? "https://" : "http://") + authority() + path; }

std::string_view userPart(std::string_view text) {
  const std::size_t scheme = text.find(kSchemeEnd);
  if (scheme != std::string_view::npos) text.remove_prefix(scheme + kSchemeEnd.size());
  text = text.substr(0, text.find_first_of("/?"));
  const std::size_t at = text.rfind('@');
  return at == std::string_view::npos ? std::string_view() : text.substr(0, at);
}

bool isLoopbackHost(std::string_view host) {
  if (equalsIgnoringCase(host, "localhost")) return true;
  const auto address = parseIpAddress(host);
  return address && address->isLoopback();
}

bool parseAuthority(std::string_view text, std::string& host, std::uint16_t& port) {
  std::string_view name;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    name = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!parseIpAddress(name)) return false;
  } else {
    name = text.substr(0, text.find(':'));
    text.remove_prefix(name.size());
    if (!isHostName(name)) return false;
  }
  if (!text.empty()) {
    const auto number = text.front() == ':' ? parseUnsigned(text.substr(1), 10) : std::nullopt;
    if (!number || *number == 0 || *number > 65535) return false;
    port = static_cast<std::uint16_t>(*number);
  }
  host = lowerCase(name);
  return true;
}

std::optional<SiteUrl> parseSiteUrl(std::string_view text, std::string& objection) {
  const std::size_t end = text.find(kSchemeEnd);
  const Scheme* const scheme =
      end == std::string_view::npos ? nullptr : findScheme(text.substr(0, end));
  if (scheme == nullptr) {
    objection = std::string("the address must begin with wss:// or https://, as in ") + kExample;
    return std::nullopt;
  }
  SiteUrl url;
  url.tls = scheme->tls;
  url.port = scheme->port;
  objection = readRest(text.substr(end + kSchemeEnd.size()), url);
  if (!objection.empty()) {
    objection = "the address " + objection;
    return std::nullopt;
  }
  if (!url.tls && !isLoopbackHost(url.host)) {
    objection =
        "over " + std::string(scheme->name) +
        ":// everybody on the way could read the secret and run code on the site: use wss://" +
        url.host + url.path +
        ", or, where the site has no TLS, a tunnel such as ssh -L 8000:localhost:80 " + url.host +
        " and ws://localhost:8000" + url.path;
    return std::nullopt;
  }
  return url;
}

}  // namespace holdfast::proxy
