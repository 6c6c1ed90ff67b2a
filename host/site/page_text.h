/// \file page_text.h
/// Text from anywhere, made fit for a page. Pure.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// \return valid UTF-8 that shows what was wrong with `text`: U+FFFD for each byte that belongs to
///   no character and for each character that no page may have, control pictures such as ␛ for
///   control characters but tab and line feed; CR LF becomes LF
std::string shownText(std::string_view text);

/// shownText() for HTML: between tags, or within a quoted attribute.
std::string shownHtml(std::string_view text);

/// \return the longest front of `text` with at most `bytes` bytes that cuts no UTF-8 character
std::string_view frontOf(std::string_view text, std::size_t bytes);

}  // namespace holdfast
