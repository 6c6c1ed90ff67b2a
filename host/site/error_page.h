/// \file error_page.h
/// What a client gets when the app cannot answer.
#pragma once

#include <chrono>
#include <string>

#include "host/front/request.h"
#include "host/site/error_page_content.h"
#include "host/worker/failure.h"

namespace holdfast {

enum class PageType { kHtml, kPlainText };

/// Valid UTF-8, whatever the texts are. Pure.
/// \param show_detail  with names, tracebacks and captured output
std::string renderErrorPage(const Failure& failure, const FailedRequest& request, PageType type,
                            bool show_detail);

/// Sends the page as the whole answer; nothing of an answer may have been sent before.
/// HTML if the client names it in Accept, else plain text (RFC 9110, section 12.5.1).
void answerWithErrorPage(
    Request& request, const Failure& failure, bool show_detail,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace holdfast
