#include "deploy/generate/fill.h"

#include <algorithm>

namespace holdfast::deploy {

namespace {

struct Place {
  std::size_t begin = std::string_view::npos;
  std::size_t end = 0;
  const std::string* value = nullptr;
};

/// The first name in `line` at or after `from`.
Place findName(std::string_view line, std::size_t from, const Values& values) {
  Place first;
  for (const auto& [name, value] : values) {
    const std::string mark = "@" + std::string(name) + "@";
    const std::size_t at = line.find(mark, from);
    if (at < first.begin) first = {at, at + mark.size(), &value};
  }
  return first;
}

/// Later lines of a value begin below the first.
std::string indented(std::string_view value, std::size_t indent) {
  std::string text;
  for (std::size_t at = 0; at < value.size(); ++at) {
    text += value[at];
    const bool more = at + 1 < value.size() && value[at + 1] != '\n';
    if (value[at] == '\n' && more) text.append(indent, ' ');
  }
  return text;
}

/// \param line  with its line feed, if it has one
void fillLine(std::string_view line, const Values& values, std::string& text) {
  const std::size_t end = std::min(line.find('\n'), line.size());
  const std::size_t indent = std::min(line.find_first_not_of(' '), end);
  std::size_t from = 0;
  for (Place place = findName(line, 0, values); place.value != nullptr;
       place = findName(line, from, values)) {
    const bool whole_line = place.begin == indent && place.end == end;
    if (whole_line && place.value->empty()) return;
    text += line.substr(from, place.begin - from);
    text += indented(*place.value, indent);
    from = place.end;
  }
  text += line.substr(from);
}

std::size_t lineLength(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? text.size() : end + 1;
}

}  // namespace

std::string fill(std::string_view text, const Values& values) {
  std::string filled;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, lineLength(text));
    if (line != "\n" || !filled.ends_with("\n\n")) fillLine(line, values, filled);
    text.remove_prefix(line.size());
  }
  return filled;
}

}  // namespace holdfast::deploy
