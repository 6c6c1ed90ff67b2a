#include "host/site/status_answer.h"

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

}  // namespace holdfast
