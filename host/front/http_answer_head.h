/// \file http_answer_head.h
/// The head of an HTTP/1.1 answer (RFC 9112, sections 4 to 6). Pure.
#pragma once

#include <string>

#include "host/front/http_request_head.h"
#include "host/front/request.h"

namespace holdfast {

/// Whole, as plain text, with `Connection: close`.
std::string encodeRefusal(const HttpRefusal& refusal);

/// How the end of an answer shows (RFC 9112, section 6.3).
enum class Framing {
  kNoBody,   ///< HEAD, 204, 304
  kLength,   ///< the app gave a Content-Length
  kChunked,  ///< HTTP/1.1
  kClose,    ///< HTTP/1.0: by the end of the connection
};
Framing framingFor(const AnswerHead& head, bool head_request, bool http10);

/// With a Date, unless the app gave one.
std::string encodeHead(const AnswerHead& head, Framing framing, bool http10, bool keep_alive);

}  // namespace holdfast
