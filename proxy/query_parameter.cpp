#include "proxy/query_parameter.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include "config/text_parts.h"

namespace holdfast::proxy {

std::optional<std::string> queryParameter(std::string_view text, std::string_view name) {
  for (const std::string_view part : split(text, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    std::string value;
    try {
      Poco::URI::decode(std::string(part.substr(equals + 1)), value, true);
    } catch (const Poco::Exception&) {
      return std::nullopt;
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace holdfast::proxy
