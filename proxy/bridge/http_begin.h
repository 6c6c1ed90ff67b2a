/// \file http_begin.h
/// Tells a browser from a debugger by its first bytes. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace holdfast::proxy {

/// Whether it is a request of HTTP: any web page can have its reader's browser send one to a port
/// of this machine, with a body of its choice. \return nothing: so few bytes do not tell
std::optional<bool> beginsLikeHttp(std::string_view bytes);

}  // namespace holdfast::proxy
