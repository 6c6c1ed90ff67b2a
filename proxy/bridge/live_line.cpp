#include "proxy/bridge/live_line.h"

#include <string_view>

namespace holdfast::proxy {
namespace {

constexpr char kDot[] = " \xC2\xB7 ";

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string attachedLine(const BridgeState& state, const std::string& more) {
  std::string line = "attached";
  for (const std::string* part : {&state.client, &more}) {
    if (!part->empty()) line += kDot + *part;
  }
  return line;
}

}  // namespace

std::string heldText(const Hold& hold) {
  std::string text = hold.kind == Hold::Kind::kHeld ? "held" : "may be held";
  const std::string name = hold.file.substr(hold.file.find_last_of("/\\") + 1);
  if (!name.empty()) text += " at " + name + ':' + std::to_string(hold.line);
  return text;
}

std::string plainLine(const BridgeState& state) {
  if (state.phase == BridgeState::kWaiting) return "waiting for a debugger on " + state.address;
  if (state.phase == BridgeState::kConnecting) return "a debugger is here, connecting to the site";
  return attachedLine(state, state.lasting);
}

std::string liveLine(const BridgeState& state, std::chrono::steady_clock::time_point now) {
  if (state.phase != BridgeState::kAttached) return plainLine(state);
  const auto since = state.hold ? state.hold->since : state.since;
  const auto duration = std::chrono::duration_cast<std::chrono::seconds>(now - since);
  std::string line = attachedLine(state, state.hold ? heldText(*state.hold) : "");
  line += kDot + spokenDuration(duration);
  return state.patience.empty() ? line : line + kDot + state.patience;
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
