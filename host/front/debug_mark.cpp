#include "host/front/debug_mark.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast {

namespace {

constexpr std::string_view kCookie = "holdfast-debug";
constexpr std::string_view kCookieHeader = "HTTP_COOKIE";
constexpr std::string_view kMarkHeader = "HTTP_X_HOLDFAST_DEBUG";
constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Value of one `name=value` of a Cookie header. \return false if it is another cookie
bool takeMark(std::string_view pair, std::string_view& value) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != kCookie) return false;
  value = trimmed(pair.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return true;
}

/// Takes the first pair off a Cookie header (RFC 6265, section 4.2.1).
std::string_view takePair(std::string_view& header) {
  const std::size_t end = header.find(';');
  const std::string_view pair = header.substr(0, end);
  header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);
  return pair;
}

/// \param visit  takes each mark; true: enough
template <typename Visit>
bool visitMarks(const Params& params, Visit visit) {
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].name == kMarkHeader && visit(trimmed(params[i].value))) return true;
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].name != kCookieHeader) continue;
    std::string_view rest = params[i].value;
    while (!rest.empty()) {
      std::string_view value;
      if (takeMark(takePair(rest), value) && visit(value)) return true;
    }
  }
  return false;
}

bool hasMark(std::string_view cookies) {
  std::string_view ignored;
  while (!cookies.empty()) {
    if (takeMark(takePair(cookies), ignored)) return true;
  }
  return false;
}

/// \param cookies  a Cookie header that hasMark()
std::string withoutMarks(std::string_view cookies) {
  std::string kept;
  std::string_view ignored;
  bool at_front = true;
  while (!cookies.empty()) {
    std::string_view pair = takePair(cookies);
    if (takeMark(pair, ignored)) continue;
    if (at_front) pair.remove_prefix(std::min(pair.find_first_not_of(kBlanks), pair.size()));
    if (!std::exchange(at_front, false)) kept.append(";");
    kept.append(pair);
  }
  return kept;
}

}  // namespace

std::string_view debugMark(const Params& params) {
  std::string_view mark;
  visitMarks(params, [&](std::string_view found) {
    mark = found;
    return true;
  });
  return mark;
}

bool isMarkedAs(const Params& params, std::string_view mark) {
  if (mark.empty()) return false;
  return visitMarks(params, [&](std::string_view found) {
    return found.size() == mark.size() &&
           CRYPTO_memcmp(found.data(), mark.data(), mark.size()) == 0;
  });
}

bool stripDebugMark(Params& params) {
  const bool any = visitMarks(params, [](std::string_view) { return true; });
  if (!any) return false;
  Params kept;
  kept.reserve(params.size(), params.bytes());
  for (std::size_t i = 0; i < params.size(); ++i) {
    const auto& [name, value] = params[i];
    if (name == kMarkHeader) continue;
    if (name != kCookieHeader || !hasMark(value)) {
      kept.add(name, value);
      continue;
    }
    const std::string cookies = withoutMarks(value);
    if (!cookies.empty()) kept.add(name, cookies);
  }
  params = std::move(kept);
  return true;
}

}  // namespace holdfast
