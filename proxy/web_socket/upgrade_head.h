/// \file upgrade_head.h
#pragma once

#include <string>

#include "proxy/web_socket/web_socket_handshake.h"

namespace holdfast::proxy {

/// The answer 101 as it goes over the wire (RFC 6455, section 4.2.2), empty line included.
std::string upgradeHead(const HeaderFields& headers);

}  // namespace holdfast::proxy
