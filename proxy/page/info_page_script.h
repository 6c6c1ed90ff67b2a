/// \file info_page_script.h
/// What the info page does in a browser: tries a WebSocket, names its own address, copies texts.
#pragma once

#include <string_view>

namespace holdfast::proxy {

extern const std::string_view kInfoPageScript;

}  // namespace holdfast::proxy
