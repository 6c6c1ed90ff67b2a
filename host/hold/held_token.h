/// \file held_token.h
/// How a client, or a web server, asks for the answer of a request that is held: by the parameter
/// `holdfast-held` in the query. Pure.
///
///     /shop?page=2  ->  /shop?page=2&holdfast-held=0123456789abcdef0123456789abcdef.3
///
/// The number behind the token counts the times that it was given away: a client that gives up
/// where an address comes back (Python's urllib does) sees another one each time. Behind it a hop,
/// to which the web server goes rather than the client, has `.hop`, or `.unsafe-hop` where the
/// method was not safe (RFC 9110, section 9.2.1), as web servers make a GET of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// What stands behind `holdfast-held=`.
struct HeldParameter {
  enum class For { kClient, kHop, kUnsafeHop };

  std::string token;  ///< empty: it has no form of one
  unsigned count = 0;
  For followed_by = For::kClient;

  bool operator==(const HeldParameter&) const = default;
};

/// Of a query (raw, without the question mark): the first one.
/// \return nothing where there is none
std::optional<HeldParameter> heldParameterOf(std::string_view query);

/// The query without each `holdfast-held`.
std::string withoutHeldToken(std::string_view query);

/// The request target with `...` in the place of a token, for the log.
std::string withoutHeldTokenShown(std::string_view target);

/// The query with the parameter behind it; fit for a header: bytes that no URL has are
/// percent-encoded.
std::string withHeldParameter(std::string_view query, const HeldParameter& parameter);

/// The path of a request target (RFC 9112, section 3.2) for X-Accel-Redirect, or empty if nginx
/// could not be sent there.
std::string pathForHop(std::string_view target);

/// What stands in a header of a URL: bytes that none has are percent-encoded.
std::string urlText(std::string_view raw);

}  // namespace holdfast
