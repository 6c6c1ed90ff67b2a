/// \file site_url.h
/// The address of a site's debug channel, as a developer gives it to `holdfast attach`. Pure.
///
///     wss://SECRET@site.example:8443/ptvsd?takeover=1
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/secret.h"

namespace holdfast::proxy {

struct SiteUrl {
  bool tls = true;
  std::string host;  ///< name or numeric address, lower case, IPv6 without brackets
  std::uint16_t port = 0;
  std::string path;   ///< encoded as a request has it, no slash at the end; may be empty
  std::string query;  ///< as it was given, without `?`
  Secret secret;      ///< decoded; empty: the address has none

  /// For `Host`: the port only where it is not the scheme's own.
  std::string authority() const;
  /// For messages: without secret and query.
  std::string text() const;
  /// The same for a browser: https or http.
  std::string webText() const;
};

/// Takes wss, https, and, for loopback only, ws and http. Without a path it is /ptvsd.
/// \param[out] objection  where nothing is returned: cause and remedy; never contains the secret
std::optional<SiteUrl> parseSiteUrl(std::string_view text, std::string& objection);

/// What stands in front of the host of any URL, without the @, where the secret may be.
/// \return a part of `text`; empty if there is none
std::string_view userPart(std::string_view text);

/// `localhost` or a loopback address.
bool isLoopbackHost(std::string_view host);

/// `HOST`, `HOST:PORT`, `[IPV6]:PORT`.
/// \param port  stays as it is where none is given
/// \return false if it is something else
bool parseAuthority(std::string_view text, std::string& host, std::uint16_t& port);

}  // namespace holdfast::proxy
