/// \file attach_guides.h
/// How to attach from each editor, once `holdfast attach` runs. Pure.
#pragma once

#include <string>

namespace holdfast::proxy {

/// HTML: one <details> for each editor.
/// \param host  of the site, as shownHost()
std::string attachGuides(const std::string& host);

}  // namespace holdfast::proxy
