/// \file upgrade_request.h
/// Whether a request to the debug path can become a WebSocket, and what is said if not. Pure.
#pragma once

#include <optional>

#include "proxy/channel_request.h"

namespace holdfast::proxy {

/// Whether it was a WebSocket's request when it left the client. A proxy that knows no WebSockets
/// drops Upgrade, which is for the next hop only, and keeps the rest.
bool wasUpgrade(const ChannelRequest& request);

/// \param[out] headers  of the answer 101
/// \return none: the handshake is right
std::optional<ChannelAnswer> refusedHandshake(const ChannelRequest& request, HeaderFields& headers);

}  // namespace holdfast::proxy
