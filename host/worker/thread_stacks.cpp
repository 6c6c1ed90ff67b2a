#include "host/worker/thread_stacks.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "host/worker/link_message.h"

namespace holdfast {

namespace {

template <typename Number>
std::optional<Number> parse(std::string_view text, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string slotTitle(std::size_t slot, const SlotRequests& requests) {
  const std::string request = slot < requests.size() ? requests[slot] : "";
  return "slot " + std::to_string(slot) + (request.empty() ? "" : ", " + request);
}

/// `Thread 0x00007f12 (most recent call first):` or the same with `Current thread`.
std::optional<std::uint64_t> threadOf(std::string_view line) {
  constexpr std::string_view kMark = "hread 0x";
  const std::size_t mark = line.find(kMark);
  if (!line.starts_with("Thread") && !line.starts_with("Current thread")) return std::nullopt;
  if (mark == std::string_view::npos) return std::nullopt;
  line.remove_prefix(mark + kMark.size());
  return parse<std::uint64_t>(line.substr(0, line.find(' ')), 16);
}

}  // namespace

std::string describeStacks(std::string_view content, const SlotRequests& requests) {
  const auto fields = link::splitFields(content);
  std::string text;
  for (std::size_t i = 0; i + 3 <= fields.size(); i += 3) {
    const auto slot = parse<std::size_t>(fields[i], 10);
    text += slot ? slotTitle(*slot, requests) : "thread " + std::string(fields[i + 1]);
    if (fields[i + 2].empty()) {
      text += ": waiting for a request\n";
    } else {
      text.append(":\n").append(fields[i + 2]);
      if (text.back() != '\n') text += '\n';
    }
  }
  return text;
}

std::string describeRawStacks(const std::vector<std::string>& lines,
                              const std::vector<std::uint64_t>& slot_threads,
                              const SlotRequests& requests) {
  std::string text;
  for (const std::string& line : lines) {
    const auto thread = threadOf(line);
    const auto found =
        thread ? std::find(slot_threads.begin(), slot_threads.end(), *thread) : slot_threads.end();
    if (found == slot_threads.end()) {
      text += line + '\n';
    } else {
      text += slotTitle(static_cast<std::size_t>(found - slot_threads.begin()), requests) +
              " (newest call first):\n";
    }
  }
  return text;
}

}  // namespace holdfast
