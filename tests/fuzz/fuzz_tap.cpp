/// \file fuzz_tap.cpp
/// What an engine and its client may say to each other, as the taps hear it. Whatever it is, they
/// end in one of three states, tell of each change, and stay blind once they are. The same comes
/// out of it whatever the reads are.
///
///     | size of reads | client's message LF engine's message LF client's ... |
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/tap/dap_framing.h"
#include "proxy/tap/dap_tap.h"
#include "proxy/tap/legacy_tap.h"
#include "proxy/tap/session_tap.h"
#include "tests/support/bytes.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxMessage = 1 << 16;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

void checkText(const std::string& text, std::size_t max_bytes) {
  require(text.size() <= 4 * max_bytes, "a text is short");
  for (const char c : text)
    require(static_cast<unsigned char>(c) >= ' ' && c != '\x7f', "printable");
}

void checkHold(const Hold& hold) {
  checkText(hold.reason, kMaxName);
  checkText(hold.function, kMaxName);
  checkText(hold.thread, kMaxName);
  checkText(hold.file, kMaxPath);
  require(hold.line >= 0, "a line is one");
}

bool isBlind(const std::optional<Hold>& hold) { return hold && hold->kind == Hold::Kind::kUnknown; }

template <typename Tap>
class Listener {
 public:
  void hear(bool is_client, std::string_view content) {
    const HoldNews before = tap_.news();
    const typename Tap::Time now{std::chrono::milliseconds(++count_)};
    const bool changed = is_client ? tap_.onClient(content, now) : tap_.onEngine(content, now);
    const HoldNews& news = tap_.news();
    require(changed == (news != before), "each change is told");
    require(news.hold || news.motion != Motion::kGoingOn, "what runs does not go on");
    require(!isBlind(news.hold) || news.motion == Motion::kNone, "who is blind sees nothing move");
    require(!isBlind(before.hold) || isBlind(news.hold), "a blind one stays blind");
    if (news.hold) checkHold(*news.hold);
  }
  const std::optional<Hold>& hold() const { return tap_.news().hold; }

 private:
  Tap tap_;
  int count_ = 0;
};

/// One direction of a connection.
template <typename Tap>
void read(MessageDecoder& decoder, std::string_view bytes, std::size_t read_size, bool is_client,
          Listener<Tap>& listener) {
  while (!bytes.empty()) {
    std::span<const std::byte> input = asBytes(bytes.substr(0, read_size));
    bytes.remove_prefix(input.size());
    std::string_view content;
    while (decoder.next(input, content) == DecodeStatus::kMessage) {
      listener.hear(is_client, content);
    }
  }
}

template <typename Tap>
std::optional<Hold> holdAfter(std::string_view script, std::size_t read_size) {
  Listener<Tap> listener;
  MessageDecoder from_client(kMaxMessage);
  MessageDecoder from_engine(kMaxMessage);
  for (bool is_client = true; !script.empty(); is_client = !is_client) {
    const std::string_view content = script.substr(0, script.find('\n'));
    script.remove_prefix(std::min(content.size() + 1, script.size()));
    // Each side may have nothing to say.
    if (content.empty()) continue;
    read(is_client ? from_client : from_engine, encodeMessage(content), read_size, is_client,
         listener);
  }
  return listener.hold();
}

template <typename Tap>
void check(std::string_view script, std::size_t read_size) {
  require(holdAfter<Tap>(script, read_size) == holdAfter<Tap>(script, script.size() + 100),
          "reads change nothing");
}

void run(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kMaxMessage) return;
  const std::size_t read_size = static_cast<unsigned char>(bytes[0]) % 64 + std::size_t{1};
  const std::string_view script = bytes.substr(1);
  check<SessionTap>(script, read_size);
  check<DapTap>(script, read_size);
  check<LegacyTap>(script, read_size);
}

}  // namespace
}  // namespace holdfast::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::proxy::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
