#include "host/worker/output_tag.h"

#include <charconv>
#include <random>

namespace holdfast {

namespace {

constexpr char kMark = '\x1e';

/// Takes `number end` off the front. \return false if that is not what stands there
bool takeNumber(std::string_view& text, std::uint16_t& number, char end) {
  const char* const last = text.data() + text.size();
  const auto [next, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || next == last || *next != end) return false;
  text.remove_prefix(static_cast<std::size_t>(next - text.data()) + 1);
  return true;
}

}  // namespace

TaggedLine splitOutputTag(std::string_view line, std::string_view token) {
  for (std::size_t at = line.find(kMark); at != std::string_view::npos;
       at = line.find(kMark, at + 1)) {
    std::string_view rest = line.substr(at + 1);
    if (!rest.starts_with(token)) continue;
    rest.remove_prefix(token.size());
    if (!rest.starts_with(':')) continue;
    rest.remove_prefix(1);
    TaggedLine tagged;
    if (!takeNumber(rest, tagged.slot, ':') || !takeNumber(rest, tagged.serial, kMark)) continue;
    tagged.found = true;
    tagged.before = line.substr(0, at);
    tagged.text = rest;
    return tagged;
  }
  return {};
}

std::string freshOutputToken() {
  std::random_device random;
  std::string token;
  for (int i = 0; i < 16; ++i) token.push_back("0123456789abcdef"[random() & 15]);
  return token;
}

}  // namespace holdfast
