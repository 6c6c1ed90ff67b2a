/// \file http_proxy.h
/// The proxy that stands between a developer and the internet, as HTTPS_PROXY and NO_PROXY say.
/// Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace holdfast::proxy {

using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

struct HttpProxy {
  std::string host;
  std::uint16_t port = 80;
  Secret credentials;    ///< `USER:PASSWORD`, decoded; empty: none
  std::string variable;  ///< where it stands, for messages

  std::string text() const;  ///< `HOST:PORT (HTTPS_PROXY)`
};

/// \return nothing: connect directly
/// \param[out] objection  what is wrong with the variable; never contains credentials
std::optional<HttpProxy> findProxy(std::string_view host, std::uint16_t port,
                                   const EnvironmentLookup& environment, std::string& objection);

/// Whether a list such as `.corp.example, 10.0.0.0/8, site.example:8443` or `*` has that host.
bool isInNoProxy(std::string_view list, std::string_view host, std::uint16_t port);

/// The request for a tunnel (RFC 9110, section 9.3.6).
/// \param authority  `HOST:PORT`
std::string connectRequest(const HttpProxy& proxy, std::string_view authority);

}  // namespace holdfast::proxy
