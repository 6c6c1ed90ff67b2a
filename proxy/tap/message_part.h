/// \file message_part.h
/// `arguments` and `body` of a debugger's message, as far as a tap wants to know them. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "proxy/tap/hold_state.h"
#include "proxy/tap/json_walker.h"

namespace holdfast::proxy {

/// \param visit  (walker, key) for each member of the object that the message has under that name;
///   takes the value, and returns whether to go on
template <typename Visit>
void readPart(std::string_view content, std::string_view name, Visit visit) {
  JsonWalker walker(content.substr(0, kMaxLooked));
  walker.eachMember([&](std::string_view key) {
    if (key != name) return walker.skipValue();
    walker.eachMember([&](std::string_view inner) { return visit(walker, inner); });
    return false;
  });
}

/// \return 0 for what is no line's number
inline int lineOf(std::optional<std::int64_t> number) {
  const bool fits = number && *number > 0 && *number <= std::numeric_limits<int>::max();
  return fits ? static_cast<int>(*number) : 0;
}

}  // namespace holdfast::proxy
