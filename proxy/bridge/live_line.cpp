#include "proxy/bridge/live_line.h"

#include <string_view>

namespace holdfast::proxy {
namespace {

constexpr char kDot[] = " \xC2\xB7 ";

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string plainLine(const BridgeState& state) {
  if (state.phase == BridgeState::kWaiting) return "waiting for a debugger on " + state.address;
  if (state.phase == BridgeState::kConnecting) return "a debugger is here, connecting to the site";
  std::string line = "attached";
  for (const std::string* part : {&state.client, &state.hold}) {
    if (!part->empty()) line += kDot + *part;
  }
  return line;
}

std::string liveLine(const BridgeState& state, std::chrono::steady_clock::time_point now) {
  std::string line = plainLine(state);
  if (state.phase != BridgeState::kAttached) return line;
  const auto duration = std::chrono::duration_cast<std::chrono::seconds>(now - state.since);
  return line + kDot + spokenDuration(duration);
}

std::string spokenDuration(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  const std::string minutes = std::to_string(seconds / 60 % 60) + " min";
  if (seconds >= 3600) return std::to_string(seconds / 3600) + " h " + minutes;
  const std::string rest = std::to_string(seconds % 60) + " s";
  return seconds >= 60 ? minutes + ' ' + rest : rest;
}

std::string cutToWidth(const std::string& line, std::size_t columns) {
  static constexpr std::string_view kDots = "...";
  std::size_t width = 0;
  std::size_t end = line.size();
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (isContinuation(line[at])) continue;
    ++width;
    if (columns >= kDots.size() && width == columns - kDots.size() + 1) end = at;
  }
  if (width <= columns || columns < kDots.size()) return line;
  return line.substr(0, end) += kDots;
}

}  // namespace holdfast::proxy
