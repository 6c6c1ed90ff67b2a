/// \file web_server_remedies.h
/// What lets WebSockets through, for each web server. Pure.
#pragma once

#include <string>

namespace holdfast::proxy {

/// HTML: one <details> for each web server, with configuration to copy.
/// \param path  of the channel
/// \param listener  `unix:PATH` or `tcp:HOST:PORT`; empty: an example stands for it
std::string webServerRemedies(const std::string& path, const std::string& listener);

}  // namespace holdfast::proxy
