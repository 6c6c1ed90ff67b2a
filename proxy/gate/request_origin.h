/// \file request_origin.h
/// Where a browser's request comes from (RFC 6454). Pure.
#pragma once

#include "proxy/channel_request.h"

namespace holdfast::proxy {

/// Whether the page that sent the request is of the site itself: its Origin has the authority of
/// Host, or of X-Forwarded-Host, which a proxy adds that changes Host; a page cannot set either.
/// False without an Origin.
bool isSameOrigin(const ChannelRequest& request);

}  // namespace holdfast::proxy
