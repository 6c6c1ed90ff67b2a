#include "proxy/query_parameter.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>

#include "config/text_parts.h"

namespace holdfast::proxy {

std::optional<std::string> queryParameter(std::string_view text, std::string_view name) {
  for (const std::string_view part : split(text, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    std::string encoded(part.substr(equals + 1));
    std::ranges::replace(encoded, '+', ' ');
    std::string value;
    try {
      Poco::URI::decode(encoded, value);
    } catch (const Poco::Exception&) {
      return std::nullopt;
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace holdfast::proxy
