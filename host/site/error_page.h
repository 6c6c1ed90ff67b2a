/// \file error_page.h
/// What a client gets when the app cannot answer.
#pragma once

#include <string>

#include "host/front/request.h"
#include "host/worker/failure.h"

namespace holdfast {

/// HTML if the client names it in Accept, else plain text (RFC 9110, section 12.5.1). Pure.
/// \param show_detail  with tracebacks and captured output
std::string renderErrorPage(const Failure& failure, const std::string& request_id, bool html,
                            bool show_detail);

/// Sends the page as the whole answer; nothing of an answer may have been sent before.
void answerWithErrorPage(Request& request, const Failure& failure, bool show_detail);

}  // namespace holdfast
