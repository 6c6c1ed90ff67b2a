/// \file held_token.h
/// How a client, or a web server, asks for the answer of a request that is held: by the parameter
/// `holdfast-held` in the query. Pure.
///
///     /shop?page=2  ->  /shop?page=2&holdfast-held=0123456789abcdef0123456789abcdef.3
///
/// The number behind the token counts the times that it was given away: a client that gives up
/// where an address comes back (Python's urllib does) sees another one each time. `.unsafe` behind
/// that is of a hop of a request whose method is not safe (RFC 9110, section 9.2.1), as web servers
/// make a GET of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// Of a query (raw, without the question mark): the token of the first `holdfast-held`.
/// \return nothing where there is no such parameter; empty where it has no form of a token
std::optional<std::string> heldTokenOf(std::string_view query);

/// Of a query that has a token: it is that of a hop of a request that is not safe.
bool isOfUnsafeHop(std::string_view query);

/// The query without each `holdfast-held`.
std::string withoutHeldToken(std::string_view query);

/// The request target with `...` in the place of a token, for the log.
std::string withoutHeldTokenShown(std::string_view target);

/// The query with the parameter behind it; fit for a header: bytes that no URL has are
/// percent-encoded.
std::string withHeldToken(std::string_view query, std::string_view token, unsigned count);
std::string asUnsafeHop(std::string query_with_token);

/// The path of a request target (RFC 9112, section 3.2) for X-Accel-Redirect, or empty if nginx
/// could not be sent there.
std::string pathForHop(std::string_view target);

/// What stands in a header of a URL: bytes that none has are percent-encoded.
std::string urlText(std::string_view raw);

}  // namespace holdfast
