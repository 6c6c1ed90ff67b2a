/// \file http_params.h
/// The head of an HTTP request -> FastCGI params (RFC 3875, section 4.1). Pure.
#pragma once

#include "host/front/http_ends.h"
#include "host/front/http_request_head.h"
#include "host/front/params.h"

namespace holdfast {

/// \return false: the path is not correctly percent-encoded
bool paramsFromHttp(const RequestHead& head, const HttpEnds& ends, Params& params);

}  // namespace holdfast
