/// \file addresses.h
/// Where the host listens, as settings have it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/setting_values.h"

namespace holdfast {

/// `unix:PATH` or `tcp:HOST:PORT`, as far as libfcgi can open it: HOST is an IPv4 address or
/// `localhost`. Other names are refused because libfcgi ends the process if it cannot resolve one.
Objection parseFastCgiAddress(const std::string& text, std::string& value);

/// `tcp:HOST:PORT`; HOST is an IPv4 address, an IPv6 address in brackets, or a name. Port 0 means
/// any free port.
Objection parseHttpAddress(const std::string& text, std::string& value);

/// `unix:PATH` or `tcp:HOST:PORT`, as far as Poco can open it.
Objection parseChannelAddress(const std::string& text, std::string& value);

/// `HOST:PORT` on loopback. Port 0 means any free port.
Objection parseDebugAddress(const std::string& text, std::string& value);

/// Four decimal numbers without leading zeros.
bool isIpv4Address(std::string_view text);

}  // namespace holdfast
