/// \file letter_case.h
/// ASCII letters without regard to case, whatever the locale. Pure.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

std::string lowerCase(std::string_view text);
std::string upperCase(std::string_view text);
bool equalsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace holdfast
