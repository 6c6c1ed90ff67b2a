/// \file query_parameter.h
/// Values of a URL's query, and of a form that is sent in the same way. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::proxy {

/// The first `name=VALUE` of those between the ampersands, percent-decoded; a plus is a blank.
/// \return none if there is none, or it is malformed
std::optional<std::string> queryParameter(std::string_view text, std::string_view name);

}  // namespace holdfast::proxy
