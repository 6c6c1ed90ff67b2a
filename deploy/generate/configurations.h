/// \file configurations.h
/// The complete configuration of a site, for each web server. Pure.
///
/// Each is a file that Debian's package of the web server includes, and says in its first lines
/// where to put it and how to check it. What all of them do:
/// - everything goes to the host by FastCGI, but for static folders; answers are not collected;
/// - the debug path and what lies below it goes to the channel's listener, with upgrades, and is
///   logged without user names, as one of them may be the secret;
/// - what a client claims of itself (X-Forwarded-*, Forwarded) is overwritten;
/// - limits of time are `patience`, and the host is told of them (HOLDFAST_PATIENCE).
#pragma once

#include <string>
#include <string_view>

#include "deploy/generate/web_site.h"

namespace holdfast::deploy {

std::string nginxConfiguration(const WebSite& site);
std::string lighttpdConfiguration(const WebSite& site);
std::string apacheConfiguration(const WebSite& site);
std::string caddyConfiguration(const WebSite& site);

/// \param server  `nginx`, `lighttpd`, `apache` or `caddy`
std::string configurationFor(std::string_view server, const WebSite& site);

}  // namespace holdfast::deploy
