/// \file text_parts.h
/// Small cuts of a text, for the parsers of values. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

/// The whole text, digits only.
std::optional<unsigned> parseUnsigned(std::string_view text, int base);

/// The parts between the separators, as many as there are separators and one.
std::vector<std::string_view> split(std::string_view text, char separator);

}  // namespace holdfast
