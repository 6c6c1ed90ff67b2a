/// \file http_params.h
/// The head of an HTTP request -> FastCGI params (RFC 3875, section 4.1). Pure.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include "host/front/http_request_head.h"
#include "host/front/params.h"

namespace holdfast {

/// \return false: the path is not correctly percent-encoded
bool paramsFromHttp(const RequestHead& head, const Poco::Net::SocketAddress& client,
                    const Poco::Net::SocketAddress& server, Params& params);

}  // namespace holdfast
