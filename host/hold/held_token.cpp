#include "host/hold/held_token.h"

#include <algorithm>

namespace holdfast {

namespace {

constexpr std::string_view kName = "holdfast-held";
constexpr std::size_t kTokenDigits = 32;
constexpr std::string_view kUnsafe = ".unsafe";

bool isToken(std::string_view text) {
  return text.size() == kTokenDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// Takes the first parameter off a query.
std::string_view takeParameter(std::string_view& query) {
  const std::size_t end = query.find('&');
  const std::string_view parameter = query.substr(0, end);
  query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  return parameter;
}

/// \return whether it is ours; then `value` is what stands behind the equals sign
bool isHeldParameter(std::string_view parameter, std::string_view& value) {
  if (!parameter.starts_with(kName)) return false;
  parameter.remove_prefix(kName.size());
  if (!parameter.empty() && parameter.front() != '=') return false;
  value = parameter.substr(std::min<std::size_t>(parameter.size(), 1));
  return true;
}

}  // namespace

std::optional<std::string> heldTokenOf(std::string_view query) {
  // Nearly every request: without a look at each parameter.
  if (query.find(kName) == std::string_view::npos) return std::nullopt;
  while (!query.empty()) {
    std::string_view value;
    if (!isHeldParameter(takeParameter(query), value)) continue;
    const std::string_view token = value.substr(0, value.find('.'));
    return isToken(token) ? std::string(token) : std::string();
  }
  return std::nullopt;
}

bool isOfUnsafeHop(std::string_view query) { return query.ends_with(kUnsafe); }

std::string withoutHeldToken(std::string_view query) {
  std::string kept;
  std::string_view ignored;
  while (!query.empty()) {
    const std::string_view parameter = takeParameter(query);
    if (isHeldParameter(parameter, ignored)) continue;
    if (!kept.empty()) kept += '&';
    kept += parameter;
  }
  return kept;
}

std::string withoutHeldTokenShown(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return std::string(target);
  const std::string_view query = target.substr(question + 1);
  if (!heldTokenOf(query)) return std::string(target);
  const std::string kept = withoutHeldToken(query);
  return std::string(target.substr(0, question + 1)) + kept + (kept.empty() ? "" : "&") +
         std::string(kName) + "=...";
}

std::string withHeldToken(std::string_view query, std::string_view token, unsigned count) {
  std::string result = urlText(query);
  if (!result.empty()) result += '&';
  return result.append(kName).append("=").append(token).append(".").append(std::to_string(count));
}

std::string asUnsafeHop(std::string query_with_token) {
  return std::move(query_with_token).append(kUnsafe);
}

std::string pathForHop(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  if (const std::size_t scheme = path.find("://"); !path.starts_with('/')) {
    if (scheme == std::string_view::npos) return {};
    const std::size_t slash = path.find('/', scheme + 3);
    path = slash == std::string_view::npos ? "/" : path.substr(slash);
  }
  // nginx refuses what climbs, whether it is encoded or not, and what it would have made simpler on
  // the way in (slashes merged, dots gone) it takes as it is: that may be another place.
  std::string lower(path);
  for (std::size_t at = 0; (at = lower.find("%2", at)) != std::string::npos;) {
    if (at + 2 < lower.size() && (lower[at + 2] == 'e' || lower[at + 2] == 'E')) {
      lower.replace(at, 3, ".");
    } else {
      at += 2;
    }
  }
  if (lower.find("//") != std::string::npos || lower.find("/./") != std::string::npos ||
      lower.find("/..") != std::string::npos || lower.ends_with("/.")) {
    return {};
  }
  return urlText(path);
}

std::string urlText(std::string_view raw) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  text.reserve(raw.size());
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '<' && c != '>' && c != '#') {
      text += c;
    } else {
      text.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return text;
}

}  // namespace holdfast
