#include "host/site/status_answer.h"

#include <Poco/NumberFormatter.h>
#include <Poco/String.h>

#include "host/text_character.h"

namespace holdfast {

namespace {
constexpr std::size_t kMostValues = 20'000;
constexpr std::size_t kMostDepth = 16;
}  // namespace

bool isCheapToParse(std::string_view json) {
  std::size_t values = 0;
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      ++values;
      if (++depth > kMostDepth) return false;
    } else if (c == '}' || c == ']') {
      if (depth > 0) --depth;
    } else if (c == ',') {
      ++values;
    }
    if (values > kMostValues) return false;
  }
  return true;
}

std::string terminalJson(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const TextCharacter first = firstCharacter(json);
    if (first.code == '\n' || !steers(first.code)) {
      out += json.substr(0, first.bytes);
    } else {
      // All that steer are of the basic plane, so that four digits do (RFC 8259, section 7).
      const unsigned code = first.code < 0 ? 0xfffdU : static_cast<unsigned>(first.code) & 0xffffU;
      out += "\\u" + Poco::toLower(Poco::NumberFormatter::formatHex(code, 4));
    }
    json.remove_prefix(first.bytes);
  }
  return out;
}

}  // namespace holdfast
