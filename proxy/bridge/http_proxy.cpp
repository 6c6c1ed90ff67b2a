#include "proxy/bridge/http_proxy.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>
#include <openssl/evp.h>

#include "config/ip_network.h"
#include "config/letter_case.h"
#include "config/text_parts.h"
#include "proxy/bridge/site_url.h"

namespace holdfast::proxy {
namespace {

std::string base64(const std::string& text) {
  std::string result(4 * ((text.size() + 2) / 3) + 1, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(result.data());
  const auto* const in = reinterpret_cast<const unsigned char*>(text.data());
  result.resize(static_cast<std::size_t>(EVP_EncodeBlock(out, in, static_cast<int>(text.size()))));
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// `.example` and `example` both mean the host and all below it.
bool isSameOrBelow(std::string_view host, std::string_view domain) {
  while (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || host.size() < domain.size()) return false;
  const std::size_t begin = host.size() - domain.size();
  return equalsIgnoringCase(host.substr(begin), domain) && (begin == 0 || host[begin - 1] == '.');
}

bool matches(std::string_view entry, std::string_view host, std::uint16_t port) {
  if (entry == "*") return true;
  std::string objection;
  if (const auto address = parseIpAddress(host)) {
    const auto network = parseIpNetwork(entry, objection);
    if (network) return network->contains(*address);
  }
  std::string name;
  std::uint16_t only_port = port;
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  const bool dotted = entry.starts_with('.');
  if (!parseAuthority(dotted ? entry.substr(1) : entry, name, only_port)) return false;
  return only_port == port && isSameOrBelow(host, name);
}

std::optional<HttpProxy> parseProxy(const std::string& variable, std::string_view value,
                                    std::string& objection) {
  HttpProxy proxy;
  proxy.variable = variable;
  const std::size_t scheme_end = value.find("://");
  if (scheme_end != std::string_view::npos) {
    const std::string_view scheme = value.substr(0, scheme_end);
    if (!equalsIgnoringCase(scheme, "http")) {
      objection = variable + " names a proxy that is spoken to by " + lowerCase(scheme) +
                  ": only http:// is known here; put such a proxy's address there, or the site's "
                  "host into NO_PROXY";
      return std::nullopt;
    }
    value.remove_prefix(scheme_end + 3);
  }
  const std::string_view user = userPart(value);
  if (user.data() != nullptr) value.remove_prefix(user.size() + 1);
  std::string credentials;
  try {
    Poco::URI::decode(std::string(user), credentials);
  } catch (const Poco::Exception&) {
    credentials = user;
  }
  proxy.credentials = Secret(credentials);
  wipe(credentials);
  if (!parseAuthority(value.substr(0, value.find('/')), proxy.host, proxy.port)) {
    objection = variable + " is no address of a proxy, such as http://proxy.example:3128";
    return std::nullopt;
  }
  return proxy;
}

}  // namespace

std::string HttpProxy::text() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return name + ':' + std::to_string(port) + " (" + variable + ')';
}

bool isInNoProxy(std::string_view list, std::string_view host, std::uint16_t port) {
  for (const std::string_view entry : split(list, ',')) {
    if (!trimmed(entry).empty() && matches(trimmed(entry), host, port)) return true;
  }
  return false;
}

std::optional<HttpProxy> findProxy(std::string_view host, std::uint16_t port,
                                   const EnvironmentLookup& environment, std::string& objection) {
  objection.clear();
  if (isLoopbackHost(host)) return std::nullopt;
  for (const char* variable : {"NO_PROXY", "no_proxy"}) {
    if (isInNoProxy(environment(variable).value_or(""), host, port)) return std::nullopt;
  }
  for (const char* variable : {"HTTPS_PROXY", "https_proxy"}) {
    const std::string value = environment(variable).value_or("");
    if (!trimmed(value).empty()) return parseProxy(variable, trimmed(value), objection);
  }
  return std::nullopt;
}

std::string connectRequest(const HttpProxy& proxy, std::string_view authority) {
  std::string request = "CONNECT ";
  request += authority;
  request += " HTTP/1.1\r\nHost: ";
  request += authority;
  request += "\r\nUser-Agent: holdfast\r\n";
  if (!proxy.credentials.empty()) {
    request += "Proxy-Authorization: Basic " + base64(proxy.credentials.reveal()) + "\r\n";
  }
  return request + "\r\n";
}

}  // namespace holdfast::proxy
