#include "proxy/channel_request.h"

#include <algorithm>

#include "config/letter_case.h"

namespace holdfast::proxy {

std::optional<std::string_view> ChannelRequest::header(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [field, value] : headers) {
    if (!equalsIgnoringCase(field, name)) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

bool ChannelRequest::hasHeader(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& field) { return equalsIgnoringCase(field.first, name); });
}

}  // namespace holdfast::proxy
