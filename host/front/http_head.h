/// \file http_head.h
/// The heads of HTTP/1.1 messages (RFC 9112, sections 2 to 6). Pure.
#pragma once

#include <Poco/Net/HTTPRequest.h>

#include <optional>
#include <string>
#include <string_view>

#include "host/front/request.h"

namespace holdfast {

/// \param from  where to begin to look: an earlier call found nothing before it
/// \return where the head ends: behind its empty line; npos if it has not all come
std::size_t endOfHead(std::string_view text, std::size_t from);

/// A short answer of our own.
struct HttpRefusal {
  int status;
  std::string why;  ///< a sentence for the client
};

/// \param[out] request  meaningful only where nothing is returned
std::optional<HttpRefusal> parseHead(std::string_view head, Poco::Net::HTTPRequest& request);

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
