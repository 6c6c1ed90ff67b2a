#include "proxy/web_socket/web_socket_frame.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proxy/web_socket/utf8.h"
#include "tests/support/bytes.h"
#include "tests/support/cuts.h"

namespace holdfast::proxy {
namespace {

constexpr std::uint64_t kMaxFrame = 1 << 20;

struct Seen {
  std::string stream;
  std::vector<std::string> controls;  ///< "ping:payload", "close:1000:reason" ...
  CloseCode error = CloseCode::kNoStatus;
};

std::string named(FrameStatus status, const FrameEvent& event) {
  if (status == FrameStatus::kPing) return "ping:" + asText(event.payload);
  if (status == FrameStatus::kPong) return "pong:" + asText(event.payload);
  return "close:" + std::to_string(static_cast<int>(event.code)) + ":" + std::string(event.text);
}

Seen decode(Role role, const Chunks& chunks) {
  FrameDecoder decoder(role, kMaxFrame);
  Seen seen;
  for (const std::string_view chunk : chunks) {
    std::string copy(chunk);
    std::span<std::byte> input(reinterpret_cast<std::byte*>(copy.data()), copy.size());
    FrameEvent event;
    while (true) {
      const FrameStatus status = decoder.next(input, event);
      if (status == FrameStatus::kNeedMore) break;
      if (status == FrameStatus::kData) {
        EXPECT_FALSE(event.payload.empty());
        seen.stream += asText(event.payload);
      } else if (status == FrameStatus::kError) {
        EXPECT_FALSE(event.text.empty());
        EXPECT_LE(event.text.size(), kMaxCloseReason);
        seen.error = event.code;
      } else {
        seen.controls.push_back(named(status, event));
      }
    }
    EXPECT_TRUE(input.empty());
  }
  return seen;
}

/// What the other side sends to that role.
std::string frame(Role to, Opcode opcode, std::string_view payload) {
  std::string out;
  appendFrame(out, to == Role::kServer ? Role::kClient : Role::kServer, opcode, payload);
  return out;
}

/// To a client, that is unmasked, so that tests can write it by hand.
void expectError(const std::string& bytes, CloseCode expected) {
  forEachCut(bytes, [&](const Chunks& chunks) {
    EXPECT_EQ(decode(Role::kClient, chunks).error, expected);
  });
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

TEST(FrameDecoder, MakesOneStreamOfAllMessagesForBothRoles) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    const std::string sent = pattern(1000);
    std::string stream;
    for (const std::size_t size : {0, 1, 7, 8, 9, 125, 126, 724}) {
      stream += frame(role, Opcode::kBinary, std::string_view(sent).substr(0, size));
    }
    std::string expected;
    for (const std::size_t size : {0, 1, 7, 8, 9, 125, 126, 724}) {
      expected += sent.substr(0, size);
    }
    forEachCut(stream, [&](const Chunks& chunks) {
      const Seen seen = decode(role, chunks);
      EXPECT_EQ(seen.stream, expected);
      EXPECT_EQ(seen.error, CloseCode::kNoStatus);
    });
  }
}

TEST(FrameDecoder, TakesEveryKindOfLength) {
  for (const std::size_t size : {125, 126, 127, 65535, 65536, 70001}) {
    for (const Role role : {Role::kServer, Role::kClient}) {
      const std::string sent = pattern(size, static_cast<unsigned>(size));
      EXPECT_EQ(decode(role, {frame(role, Opcode::kBinary, sent)}).stream, sent) << size;
    }
  }
}

TEST(FrameDecoder, UnmasksTheExampleOfTheStandard) {
  // Section 5.7, but binary: "Hello", masked.
  const std::string hello =
      bytes({0x82, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
  forEachCut(hello, [](const Chunks& chunks) {
    EXPECT_EQ(decode(Role::kServer, chunks).stream, "Hello");
  });
}

TEST(FrameDecoder, TakesControlFramesBetweenFragments) {
  const std::string stream = bytes({0x02, 2}) + "ab" + bytes({0x89, 3}) + "hey" + bytes({0x00, 0}) +
                             bytes({0x8a, 0}) + bytes({0x80, 1}) + "c" + bytes({0x82, 1}) + "d";
  forEachCut(stream, [](const Chunks& chunks) {
    const Seen seen = decode(Role::kClient, chunks);
    EXPECT_EQ(seen.stream, "abcd");
    EXPECT_EQ(seen.controls, (std::vector<std::string>{"ping:hey", "pong:"}));
  });
}

TEST(FrameDecoder, EndsWithACloseFrame) {
  std::string stream = frame(Role::kServer, Opcode::kPing, std::string(125, 'p'));
  appendClose(stream, Role::kClient, CloseCode::kGoingAway, "caf\xc3\xa9");
  stream += frame(Role::kServer, Opcode::kBinary, "too late");
  forEachCut(stream, [](const Chunks& chunks) {
    const Seen seen = decode(Role::kServer, chunks);
    EXPECT_EQ(seen.controls, (std::vector<std::string>{"ping:" + std::string(125, 'p'),
                                                       "close:1001:caf\xc3\xa9"}));
    EXPECT_EQ(seen.stream, "");
  });
}

TEST(FrameDecoder, TakesACloseFrameWithoutACode) {
  EXPECT_EQ(decode(Role::kClient, {bytes({0x88, 0})}).controls.at(0), "close:1005:");
  EXPECT_EQ(decode(Role::kClient, {bytes({0x88, 2, 0x0f, 0xa0})}).controls.at(0), "close:4000:");
}

TEST(FrameDecoder, RefusesCloseFramesThatAreNone) {
  expectError(bytes({0x88, 1, 3}), CloseCode::kProtocolError);
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535}) {
    expectError(bytes({0x88, 2, code >> 8, code & 0xff}), CloseCode::kProtocolError);
  }
  expectError(bytes({0x88, 4, 0x03, 0xe8, 0xc3, 0x28}), CloseCode::kInvalidPayload);
  expectError(bytes({0x88, 5, 0x03, 0xe8, 0xed, 0xa0, 0x80}), CloseCode::kInvalidPayload);
}

TEST(FrameDecoder, RefusesReservedBitsAndUnknownOpcodes) {
  for (const int first : {0xc2, 0xa2, 0x92, 0x83, 0x87, 0x8b, 0x8f}) {
    expectError(bytes({first, 1, 'x'}), CloseCode::kProtocolError);
  }
}

TEST(FrameDecoder, RefusesText) { expectError(bytes({0x81, 1, 'x'}), CloseCode::kUnsupportedData); }

TEST(FrameDecoder, RefusesBrokenFragments) {
  expectError(bytes({0x80, 1, 'x'}), CloseCode::kProtocolError);
  expectError(bytes({0x00, 1, 'x'}), CloseCode::kProtocolError);
  expectError(bytes({0x02, 1, 'x', 0x82, 1, 'y'}), CloseCode::kProtocolError);
  expectError(bytes({0x09, 0}), CloseCode::kProtocolError);
}

TEST(FrameDecoder, RefusesAWrongMask) {
  expectError(frame(Role::kServer, Opcode::kBinary, "x"), CloseCode::kProtocolError);
  EXPECT_EQ(decode(Role::kServer, {frame(Role::kClient, Opcode::kBinary, "x")}).error,
            CloseCode::kProtocolError);
  EXPECT_EQ(decode(Role::kServer, {frame(Role::kClient, Opcode::kClose, "")}).error,
            CloseCode::kProtocolError);
}

TEST(FrameDecoder, RefusesLengthsThatAreTooLongOrWrittenTooLong) {
  expectError(bytes({0x89, 126, 0, 126}) + std::string(126, 'p'), CloseCode::kProtocolError);
  expectError(bytes({0x82, 126, 0, 125}), CloseCode::kProtocolError);
  expectError(bytes({0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), CloseCode::kProtocolError);
  expectError(bytes({0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0}), CloseCode::kProtocolError);
  expectError(bytes({0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1}), CloseCode::kTooBig);
  EXPECT_EQ(decode(Role::kClient, {bytes({0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 0})}).error,
            CloseCode::kNoStatus);
}

TEST(FrameDecoder, TellsAnErrorOnce) {
  EXPECT_EQ(decode(Role::kClient, {bytes({0x81, 1, 'x', 0x82, 1, 'y'}), "more"}).stream, "");
}

TEST(AppendFrame, MasksEachFrameOfAClientAnew) {
  std::string first;
  std::string second;
  appendFrame(first, Role::kClient, Opcode::kBinary, std::string(32, 'x'));
  appendFrame(second, Role::kClient, Opcode::kBinary, std::string(32, 'x'));
  EXPECT_NE(first, second);
}

TEST(AppendClose, CutsALongReasonBetweenCharacters) {
  std::string out;
  appendClose(out, Role::kServer, CloseCode::kTryAgainLater,
              std::string(kMaxCloseReason - 1, 'r') + "\xc3\xa9");
  EXPECT_EQ(decode(Role::kClient, {out}).controls.at(0),
            "close:1013:" + std::string(kMaxCloseReason - 1, 'r'));
  out.clear();
  appendClose(out, Role::kServer, CloseCode::kNoStatus, "unsaid");
  EXPECT_EQ(decode(Role::kClient, {out}).controls.at(0), "close:1005:");
}

TEST(FrameInPlace, IsTheSameFrame) {
  for (const Role role : {Role::kServer, Role::kClient}) {
    for (const std::size_t size : {0, 1, 125, 126, 65535, 65536}) {
      const std::string sent = pattern(size);
      std::string buffer = std::string(kMaxFrameHeader, '\0') + sent;
      std::span<std::byte> payload(reinterpret_cast<std::byte*>(buffer.data()) + kMaxFrameHeader,
                                   size);
      const std::string framed = asText(frameInPlace(role, Opcode::kBinary, payload));
      const Role to = role == Role::kServer ? Role::kClient : Role::kServer;
      EXPECT_EQ(decode(to, {framed}).stream, sent) << size;
      EXPECT_EQ(framed.size(), frame(to, Opcode::kBinary, sent).size()) << size;
    }
  }
}

TEST(Utf8, TakesWhatTheStandardDoes) {
  for (const char* good : {"", "abc", "\xc2\x80", "\xe0\xa0\x80", "\xef\xbf\xbf",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(isUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2x", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"}) {
    EXPECT_FALSE(isUtf8(bad)) << bad;
  }
}

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(cutUtf8("abc", 3), "abc");
  EXPECT_EQ(cutUtf8("abc", 2), "ab");
  EXPECT_EQ(cutUtf8("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(cutUtf8("\xe2\x82\xac", 2), "");
}

}  // namespace
}  // namespace holdfast::proxy
