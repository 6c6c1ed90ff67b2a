/// \file html_text.h
/// Text from anywhere, made fit for a page. Pure.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::proxy {

/// For between tags, or within a quoted attribute. What no page may have becomes U+FFFD.
std::string htmlText(std::string_view text);

}  // namespace holdfast::proxy
