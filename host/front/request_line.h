/// \file request_line.h
/// What the log says of one request. Pure.
#pragma once

#include <string>

#include "host/front/finished_request.h"
#include "host/log_line.h"

namespace holdfast {

/// `request 1a2b-000001: GET /path?query: 200, 1234 bytes, queue 0.1 ms, app 12.3 ms, sending
/// 0.0 ms, worker 123, finished`. What came from outside is printable and has a bounded length.
std::string requestLine(const FinishedRequest& request);

/// The same as fields of a line that programs read: times in ms, no field for what there was not.
log::Fields requestFields(const FinishedRequest& request);

/// `finished`, `cut` or `client left`
const char* nameOf(RequestEnd end);

}  // namespace holdfast
