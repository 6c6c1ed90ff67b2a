/// \file http_request_head.h
/// The head of an HTTP/1.1 request (RFC 9112, sections 2 to 6). Pure.
///
/// Strict, and not Poco's parser, which is made for mail: it decodes RFC 2047 words in values, ends
/// a head at a lone CR, and skips lines without a colon. What one party takes for a body another
/// one in front may take for the next request (RFC 9112, section 11.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast {

/// A short answer of our own. The connection must end with it: where the request ends is not sure.
struct HttpRefusal {
  int status;
  std::string why;  ///< a sentence for the client
};

struct RequestHead {
  std::string method;
  std::string target;  ///< `/path?query` or `*`
  bool http10 = false;
  std::vector<std::pair<std::string, std::string>> headers;  ///< in order, values without blanks
                                                             ///< around them
  std::optional<std::uint64_t> length;                       ///< Content-Length
  bool chunked = false;                                      ///< Transfer-Encoding
  bool keep_alive = true;
  bool expects_continue = false;
};

/// Lines end with CR LF, names are tokens, nothing is folded, at most one of Content-Length and
/// Transfer-Encoding (chunked alone) says how long the body is, HTTP/1.1 has one Host.
/// \param head  with the empty line at its end
std::variant<RequestHead, HttpRefusal> parseRequestHead(std::string_view head);

/// Takes bare LF for line ends, so that parseRequestHead() gets to see and refuse them.
/// \param from  where to begin to look: an earlier call found nothing before it
/// \return where the head ends: behind its empty line; npos if it has not all come
std::size_t endOfHead(std::string_view text, std::size_t from);

}  // namespace holdfast
