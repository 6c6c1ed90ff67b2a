/// \file fuzz_web_socket.cpp
/// What a debugger's client may send: frames, and in them a stream of DAP messages. The same comes
/// out of them whatever the reads are, and what we send ourselves is always understood.
///
///     | role, size of reads | the stream of frames ...
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proxy/session/conversation.h"
#include "proxy/tap/dap_envelope.h"
#include "proxy/tap/dap_framing.h"
#include "proxy/web_socket/utf8.h"
#include "proxy/web_socket/web_socket_frame.h"
#include "tests/support/bytes.h"

namespace holdfast::proxy {
namespace {

constexpr std::uint64_t kMaxFrame = 1 << 16;
constexpr std::size_t kMaxMessage = 1 << 12;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

struct Decoded {
  std::string stream;
  std::string controls;
  FrameStatus last = FrameStatus::kNeedMore;
  CloseCode code = CloseCode::kNoStatus;
};

void take(FrameStatus status, const FrameEvent& event, Decoded& seen) {
  if (status == FrameStatus::kData) {
    require(!event.payload.empty(), "a piece has something in it");
    seen.stream += asText(event.payload);
    return;
  }
  if (status == FrameStatus::kPing || status == FrameStatus::kPong) {
    require(event.payload.size() <= kMaxControlPayload, "a control frame is short");
    seen.controls += (status == FrameStatus::kPing ? "ping" : "pong") + asText(event.payload);
    return;
  }
  require(seen.last == FrameStatus::kNeedMore, "nothing comes after the end");
  require(isUtf8(event.text) && event.text.size() <= kMaxCloseReason, "a reason is a reason");
  seen.last = status;
  seen.code = event.code;
}

Decoded decodeFrames(Role role, std::string_view stream, std::size_t read_size) {
  FrameDecoder decoder(role, kMaxFrame);
  Decoded seen;
  while (!stream.empty()) {
    std::string read(stream.substr(0, read_size));
    stream.remove_prefix(read.size());
    std::span<std::byte> input(reinterpret_cast<std::byte*>(read.data()), read.size());
    FrameEvent event;
    FrameStatus status;
    while ((status = decoder.next(input, event)) != FrameStatus::kNeedMore) {
      take(status, event, seen);
    }
    require(input.empty(), "all input is used up");
  }
  return seen;
}

struct Messages {
  std::string contents;
  std::size_t count = 0;
  DecodeStatus last = DecodeStatus::kNeedMore;
};

Messages decodeMessages(std::string_view stream, std::size_t read_size) {
  MessageDecoder decoder(kMaxMessage);
  Messages seen;
  while (!stream.empty() && seen.last == DecodeStatus::kNeedMore) {
    std::span<const std::byte> input = asBytes(stream.substr(0, read_size));
    stream.remove_prefix(input.size());
    std::string_view content;
    while ((seen.last = decoder.next(input, content)) == DecodeStatus::kMessage) {
      require(content.size() <= kMaxMessage, "a message is no longer than allowed");
      seen.contents.append(content).push_back('\n');
      ++seen.count;
    }
  }
  return seen;
}

void checkConversation(std::string_view content) {
  Conversation conversation;
  conversation.onClient(content);
  conversation.onEngine(content);
  const std::string goodbye = conversation.goodbye();
  require(readEnvelope(goodbye).isRequest("disconnect"), "a goodbye is one");
  require(readEnvelope(goodbye).seq > readEnvelope(content).seq, "its number is fresh");
  require(readEnvelope(conversation.terminatedEvent(true)).isEvent("terminated"), "the end is one");
  conversation.onClient(goodbye);
  require(conversation.goodbyeSaid(), "it is recognised");
}

void checkOurFrames(std::string_view payload) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    std::string sent;
    appendFrame(sent, role, Opcode::kBinary, payload);
    appendClose(sent, role, CloseCode::kNormal, isUtf8(payload) ? payload : "");
    const Role to = role == Role::kServer ? Role::kClient : Role::kServer;
    const Decoded seen = decodeFrames(to, sent, sent.size());
    require(seen.stream == payload && seen.last == FrameStatus::kClose,
            "our frames are understood");
  }
}

void run(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const Role role = first % 2 == 0 ? Role::kServer : Role::kClient;
  const std::size_t read_size = first / 2 % 32 + std::size_t{1};
  const std::string_view stream = bytes.substr(1);
  const Decoded whole = decodeFrames(role, stream, stream.size() + 1);
  const Decoded cut = decodeFrames(role, stream, read_size);
  require(whole.stream == cut.stream && whole.controls == cut.controls, "reads change nothing");
  require(whole.last == cut.last && whole.code == cut.code, "nor how it ends");
  // Also without frames around it, which a fuzzer does not find easily.
  for (const std::string_view dap : {std::string_view(whole.stream), stream}) {
    const Messages messages = decodeMessages(dap, dap.size() + 1);
    const Messages pieces = decodeMessages(dap, read_size);
    require(messages.contents == pieces.contents && messages.count == pieces.count &&
                messages.last == pieces.last,
            "reads do not change the messages");
    checkConversation(messages.contents);
  }
  if (stream.size() < kMaxFrame) checkOurFrames(stream);
}

}  // namespace
}  // namespace holdfast::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::proxy::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
