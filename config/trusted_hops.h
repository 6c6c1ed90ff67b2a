/// \file trusted_hops.h
/// From whom the host believes what a proxy says of the client. Pure.
#pragma once

#include <string>
#include <vector>

#include "config/setting_values.h"

namespace holdfast {

/// Separated by commas or blanks: `unix`, IPv4 and IPv6 addresses, networks such as `10.0.0.0/8`.
/// An empty text is an empty list: nobody.
/// \param[out] value  as Settings::Server::trusted_hops
Objection parseTrustedHops(const std::string& text, std::vector<std::string>& value);

}  // namespace holdfast
