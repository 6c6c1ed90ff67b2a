#include "proxy/gate/request_origin.h"

#include <string_view>

#include "config/letter_case.h"

namespace holdfast::proxy {

namespace {

/// Without the port that the scheme has anyway: browsers leave it out, proxies may add it.
std::string_view withoutDefaultPort(std::string_view authority, std::string_view port) {
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return authority;
}

}  // namespace

bool isSameOrigin(const ChannelRequest& request) {
  const auto origin = request.header("Origin");
  if (!origin) return false;
  const bool tls = origin->starts_with("https://");
  if (!tls && !origin->starts_with("http://")) return false;
  const std::string_view port = tls ? ":443" : ":80";
  const std::string_view own = withoutDefaultPort(origin->substr(tls ? 8 : 7), port);
  for (const char* name : {"Host", "X-Forwarded-Host"}) {
    const auto host = request.header(name);
    if (host && !host->empty() && equalsIgnoringCase(withoutDefaultPort(*host, port), own)) {
      return true;
    }
  }
  return false;
}

}  // namespace holdfast::proxy
