#include "proxy/tap/dap_framing.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/bytes.h"
#include "tests/support/cuts.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxMessage = 4096;

struct Seen {
  std::vector<std::string> messages;
  DecodeStatus status = DecodeStatus::kNeedMore;
  bool at_boundary = true;
};

Seen decode(const Chunks& chunks) {
  MessageDecoder decoder(kMaxMessage);
  Seen seen;
  for (const std::string_view chunk : chunks) {
    std::span<const std::byte> input = asBytes(chunk);
    std::string_view content;
    while ((seen.status = decoder.next(input, content)) == DecodeStatus::kMessage) {
      seen.messages.emplace_back(content);
    }
    if (seen.status != DecodeStatus::kNeedMore) break;
    EXPECT_TRUE(input.empty());
  }
  seen.at_boundary = decoder.atBoundary();
  return seen;
}

void expectStatus(std::string_view bytes, DecodeStatus expected) {
  SCOPED_TRACE(bytes.substr(0, 60));
  forEachCut(bytes, [&](const Chunks& chunks) { EXPECT_EQ(decode(chunks).status, expected); });
}

TEST(MessageDecoder, CutsAStreamIntoMessages) {
  const std::vector<std::string> sent = {"{}", "", pattern(300), pattern(kMaxMessage)};
  std::string stream;
  for (const std::string& content : sent) stream += encodeMessage(content);
  forEachCut(stream, [&](const Chunks& chunks) {
    const Seen seen = decode(chunks);
    EXPECT_EQ(seen.messages, sent);
    EXPECT_TRUE(seen.at_boundary);
  });
}

TEST(MessageDecoder, SkipsOtherFieldsAndTheCaseOfNames) {
  forEachCut("Content-Type: text/x; charset=utf-8\r\ncontent-length:2 \t\r\n\r\n{}",
             [](const Chunks& chunks) {
               EXPECT_EQ(decode(chunks).messages, std::vector<std::string>{"{}"});
             });
}

TEST(MessageDecoder, KeepsPartOfAMessage) {
  const std::string stream = encodeMessage("{\"seq\": 1}");
  for (std::size_t size = 1; size < stream.size(); ++size) {
    const Seen seen = decode({std::string_view(stream).substr(0, size)});
    EXPECT_EQ(seen.status, DecodeStatus::kNeedMore);
    EXPECT_TRUE(seen.messages.empty());
    EXPECT_FALSE(seen.at_boundary) << size;
  }
}

TEST(MessageDecoder, DoesNotCopyAMessageThatCameWhole) {
  const std::string stream = encodeMessage("{\"seq\": 1}");
  MessageDecoder decoder(kMaxMessage);
  std::span<const std::byte> input = asBytes(stream);
  std::string_view content;
  ASSERT_EQ(decoder.next(input, content), DecodeStatus::kMessage);
  EXPECT_EQ(content.data(), stream.data() + stream.find('{'));
}

TEST(MessageDecoder, RefusesWhatIsNoDap) {
  for (const char* bytes :
       {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n", "Content-Length: \r\n\r\n",
        "Content-Length: -1\r\n\r\n", "Content-Length: 0x10\r\n\r\n", "Content-Length: 1 2\r\n\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "Length: 2\r\n\r\n{}",
        "Content-Length: 1234567890123456\r\n\r\n", ": 2\r\n\r\n", "\x16\x03\x01\x02",
        "Content-Length\xc3\xa9: 2\r\n\r\n"}) {
    expectStatus(bytes, DecodeStatus::kProtocolError);
  }
}

/// What a web page can have a browser send across origins, without a question before (Fetch
/// standard, "no-cors").
TEST(MessageDecoder, RefusesARequestOfHttpThatCarriesDap) {
  for (const char* bytes :
       {"POST /a:b HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        "POST http://127.0.0.1:5678/ HTTP/1.1\r\nHost: 127.0.0.1:5678\r\nContent-Length: 2\r\n"
        "Content-Type: text/plain\r\n\r\n{}",
        "A Name: x\r\nContent-Length: 2\r\n\r\n{}", "Content-Length : 2\r\n\r\n{}",
        " Content-Length: 2\r\n\r\n{}", "Content-Length: 2\r\n folded: x\r\n\r\n{}",
        "a\nb: x\r\nContent-Length: 2\r\n\r\n{}"}) {
    expectStatus(bytes, DecodeStatus::kProtocolError);
  }
}

TEST(MessageDecoder, LimitsTheHeader) {
  const std::string end = "\r\nContent-Length: 0\r\n\r\n";
  const std::size_t room = MessageDecoder::kMaxHeader - end.size();
  forEachCut("X:" + std::string(room - 2, 'x') + end,
             [](const Chunks& chunks) { EXPECT_EQ(decode(chunks).messages.size(), 1U); });
  expectStatus("X:" + std::string(room - 1, 'x') + end, DecodeStatus::kProtocolError);
}

TEST(MessageDecoder, LimitsTheContent) {
  expectStatus("Content-Length: 4097\r\n\r\n", DecodeStatus::kTooBig);
  expectStatus("Content-Length: 4096\r\n\r\n{", DecodeStatus::kNeedMore);
}

}  // namespace
}  // namespace holdfast::proxy
