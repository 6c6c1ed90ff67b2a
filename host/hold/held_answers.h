/// \file held_answers.h
/// What the host itself answers in the place of an app that is held. Pure.
#pragma once

#include <string>
#include <string_view>

#include "host/front/request.h"

namespace holdfast {

/// 303 to the same address with the token (RFC 9110, section 15.4.4): clients that follow redirects
/// come back for the answer, with GET where it was not HEAD.
/// \param query  with the token
/// \param origin  of a script of another origin, or empty: it may follow (Fetch, section 3.2 "CORS
///   protocol"). It can read nothing of the redirect; whether it may read the answer the app says
///   with that.
AnswerHead redirectTo(std::string_view query, std::string_view origin);

/// A browser asks whether a script of another origin may follow such a redirect with its own header
/// fields (Fetch, section 3.2.2 "HTTP requests"): it was asked so for the same address before, by
/// the app, or it would not come.
AnswerHead preflightAnswer(const Params& params);

/// The same as redirectTo(), and for nginx the order to go there itself. Where that is switched off
/// (fastcgi_ignore_headers) the client goes.
/// \param query  for the client
/// \param path  of pathForHop()
/// \param hop_query  for nginx
AnswerHead nginxHopTo(std::string_view query, std::string_view path, std::string_view hop_query);

/// For mod_fcgid, which takes a Location that is a path, with status 200 or without any, for a
/// local redirect (RFC 3875, section 6.2.2). Others, Apache's mod_proxy_fcgi too, would give their
/// client an empty page.
AnswerHead localRedirectTo(std::string_view path, std::string_view hop_query);

/// A browser loads a page for a person to see, rather than a script or an image.
bool isNavigation(const Params& params);

/// For such a one: a page that says that the request is held, and goes on to the answer by itself.
/// Whoever has the private view open (proxy/page/view_page.h) sees there where it is held.
/// \param debug_path  of the channel
struct HeldPage {
  AnswerHead head;
  std::string body;
};
HeldPage heldPage(std::string_view query, const std::string& debug_path);

}  // namespace holdfast
