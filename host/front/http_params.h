/// \file http_params.h
/// An HTTP request's head -> FastCGI params (RFC 3875, section 4.1). Pure but
/// for Poco's request type.
#pragma once

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/SocketAddress.h>

#include <optional>
#include <string>

#include "host/front/params.h"

namespace holdfast {

/// Strict, because what one side of a connection takes for a body another may take for the next
/// request (RFC 9112, section 11.2).
/// \return why the request cannot be served (a sentence for the client), or nothing. Then the
///   connection must be closed: where the request ends is not certain.
std::optional<std::string> paramsFromHttp(const Poco::Net::HTTPRequest& request,
                                          const Poco::Net::SocketAddress& client,
                                          const Poco::Net::SocketAddress& server, Params& params);

}  // namespace holdfast
