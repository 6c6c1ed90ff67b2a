/// \file error_page_html.h
/// The error page for browsers: one document that loads nothing and runs nothing. Pure.
#pragma once

#include <string>

#include "host/site/error_page_content.h"

namespace holdfast {

std::string renderHtml(const ErrorPageContent& content);

}  // namespace holdfast
