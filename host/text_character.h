/// \file text_character.h
/// What is fit to be shown of a text from anywhere: in the log, on a terminal, on a page. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

struct TextCharacter {
  int code = -1;  ///< -1: no character, but a byte that is no UTF-8
  std::size_t bytes = 1;
};

/// \param text  not empty
TextCharacter firstCharacter(std::string_view text);

/// Whether it steers whatever shows it, or is no character (-1): control characters, also those
/// above 0x7f, line separators, and what turns the direction of the text around it.
bool steers(int code);

/// Each byte as `\xNN`.
void appendEscaped(std::string& out, std::string_view bytes);

}  // namespace holdfast
