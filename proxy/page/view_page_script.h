/// \file view_page_script.h
/// Keeps the private status view as it is now.
#pragma once

#include <string_view>

namespace holdfast::proxy {

/// Runs at the page's end; needs the element that renderViewPage() has.
extern const std::string_view kViewPageScript;

}  // namespace holdfast::proxy
