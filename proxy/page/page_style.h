/// \file page_style.h
/// How the channel's pages look: like the host's error page.
#pragma once

#include <string_view>

namespace holdfast::proxy {

extern const std::string_view kPageStyle;

}  // namespace holdfast::proxy
