/// \file output_tag.h
/// How a worker says which request a line of its output belongs to. Pure but for the token.
///
///     RS token ':' slot ':' serial RS text          RS is the byte 0x1e
///
/// It stands at the beginning of the line, or behind what a program of the app wrote without a line
/// end. The token is fresh for each worker: text that an app merely passes on has no way to name a
/// request. python/bootstrap.py writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

struct TaggedLine {
  bool found = false;
  std::string_view before;  ///< not part of what is tagged
  std::uint16_t slot = 0;
  std::uint16_t serial = 0;
  std::string_view text;
};

/// By the first tag with that token; what follows it is text, whatever it looks like.
TaggedLine splitOutputTag(std::string_view line, std::string_view token);

std::string freshOutputToken();

}  // namespace holdfast
