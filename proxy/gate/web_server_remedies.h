/// \file web_server_remedies.h
/// What lets WebSockets through, for each web server. Pure.
#pragma once

#include <string>

namespace holdfast::proxy {

/// What makes each web server say how a request has come to it; a text of whole sentences.
inline constexpr char kForwardedProtoRemedy[] =
    "nginx does with \"proxy_set_header X-Forwarded-Proto $scheme;\", Apache with "
    "\"RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}\"; lighttpd and Caddy do by "
    "themselves.";

/// HTML: one <details> for each web server, with configuration to copy.
/// \param path  of the channel
/// \param listener  `unix:PATH` or `tcp:HOST:PORT`; empty: an example stands for it
std::string webServerRemedies(const std::string& path, const std::string& listener);

}  // namespace holdfast::proxy
