/// \file status_answer.h
/// What is believed of an answer to `holdfast status`, which anybody may have written. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

/// A host never says more than the half of it.
inline constexpr std::size_t kMostAnswerBytes = std::size_t{1} << 20;

/// Whether parsing it costs no more memory and stack than the answer of a host with a thousand
/// workers: so many values, not nested any deeper. Says nothing about whether it is JSON.
bool isCheapToParse(std::string_view json);

/// \param json  with line breaks between its values, if anywhere
/// \return the same, fit for a terminal: what steers() in its texts is escaped
std::string terminalJson(std::string_view json);

}  // namespace holdfast
