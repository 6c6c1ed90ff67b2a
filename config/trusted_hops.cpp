#include "config/trusted_hops.h"

#include <algorithm>
#include <string_view>

#include "config/ip_network.h"
#include "config/letter_case.h"
#include "config/printable.h"

namespace holdfast {
namespace {

Objection parseHop(std::string_view text, std::string& hop) {
  if (equalsIgnoringCase(text, "unix")) {
    hop = "unix";
    return std::nullopt;
  }
  std::string objection;
  const auto network = parseIpNetwork(text, objection);
  if (network) {
    hop = network->text();
    return std::nullopt;
  }
  if (objection.starts_with("must")) {
    return "the part of " + inQuotes(text) + " after the slash " + objection;
  }
  return inQuotes(text) + " in it " + objection + ", nor unix";
}

}  // namespace

Objection parseTrustedHops(const std::string& text, std::vector<std::string>& value) {
  constexpr const char* kSeparators = ", \t";
  std::vector<std::string> hops;
  std::size_t end = 0;
  for (std::size_t begin; (begin = text.find_first_not_of(kSeparators, end)) != text.npos;) {
    end = std::min(text.find_first_of(kSeparators, begin), text.size());
    const Objection objection =
        parseHop(std::string_view(text).substr(begin, end - begin), hops.emplace_back());
    if (objection) return objection;
  }
  value = std::move(hops);
  return std::nullopt;
}

}  // namespace holdfast
