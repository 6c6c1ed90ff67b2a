#include "host/hold/held_token.h"

#include <algorithm>
#include <charconv>

namespace holdfast {

namespace {

constexpr std::string_view kName = "holdfast-held";
constexpr std::size_t kTokenDigits = 32;
constexpr std::string_view kHop = "hop";
constexpr std::string_view kUnsafeHop = "unsafe-hop";

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

/// Takes what stands before the next full stop.
std::string_view takePart(std::string_view& value) {
  const std::size_t end = value.find('.');
  const std::string_view part = value.substr(0, end);
  value = end == std::string_view::npos ? std::string_view() : value.substr(end + 1);
  return part;
}

HeldParameter parse(std::string_view value) {
  HeldParameter parameter;
  const std::string_view token = takePart(value);
  if (!isToken(token)) return parameter;
  parameter.token = token;
  const std::string_view count = takePart(value);
  std::from_chars(count.data(), count.data() + count.size(), parameter.count);
  if (value == kHop) parameter.followed_by = HeldParameter::For::kHop;
  if (value == kUnsafeHop) parameter.followed_by = HeldParameter::For::kUnsafeHop;
  return parameter;
}

}  // namespace

std::optional<HeldParameter> heldParameterOf(std::string_view query) {
  // Nearly every request: without a look at each parameter.
  if (query.find(kName) == std::string_view::npos) return std::nullopt;
  while (!query.empty()) {
    std::string_view value;
    if (isHeldParameter(takeParameter(query), value)) return parse(value);
  }
  return std::nullopt;
}

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
  if (!heldParameterOf(query)) return std::string(target);
  const std::string kept = withoutHeldToken(query);
  return std::string(target.substr(0, question + 1)) + kept + (kept.empty() ? "" : "&") +
         std::string(kName) + "=...";
}

std::string withHeldParameter(std::string_view query, const HeldParameter& parameter) {
  std::string result = urlText(query);
  if (!result.empty()) result += '&';
  result.append(kName).append("=").append(parameter.token);
  result.append(".").append(std::to_string(parameter.count));
  if (parameter.followed_by == HeldParameter::For::kHop) result.append(".").append(kHop);
  if (parameter.followed_by == HeldParameter::For::kUnsafeHop) {
    result.append(".").append(kUnsafeHop);
  }
  return result;
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
