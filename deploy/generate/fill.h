/// \file fill.h
/// Templates of configuration files. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::deploy {

using Values = std::vector<std::pair<std::string_view, std::string>>;

/// \return `text` with each `@NAME@` replaced by the value of that name, which may be several
///   lines: they are indented as the first is. A line that has nothing but a name whose value is
///   empty is left out, and of several blank lines all but one.
///   Values are not searched for names. What is no name in `values` stays.
std::string fill(std::string_view text, const Values& values);

}  // namespace holdfast::deploy
