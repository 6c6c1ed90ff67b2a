#include "host/front/chunked_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/bytes.h"
#include "tests/support/cuts.h"

namespace holdfast {
namespace {

struct Decoded {
  ChunkedStatus status = ChunkedStatus::kNeedMore;
  std::string body;
  std::string rest;  ///< what the decoder left alone
  bool operator==(const Decoded&) const = default;
};

Decoded decode(const Chunks& chunks) {
  ChunkedDecoder decoder;
  Decoded seen;
  for (const std::string_view chunk : chunks) {
    std::span<const std::byte> input = asBytes(chunk);
    std::span<const std::byte> piece;
    while (seen.status == ChunkedStatus::kNeedMore &&
           (seen.status = decoder.next(input, piece)) == ChunkedStatus::kPiece) {
      EXPECT_FALSE(piece.empty());
      seen.body += asText(piece);
      seen.status = ChunkedStatus::kNeedMore;
    }
    if (seen.status == ChunkedStatus::kEnd) seen.rest += asText(input);
  }
  return seen;
}

void expectDecoded(std::string_view bytes, const Decoded& expected) {
  forEachCut(bytes, [&](const Chunks& chunks) {
    const Decoded seen = decode(chunks);
    EXPECT_EQ(seen.status, expected.status);
    EXPECT_EQ(seen.body, expected.body);
    EXPECT_EQ(seen.rest, expected.rest);
  });
}

TEST(ChunkedDecoder, JoinsChunksAndLeavesWhatFollows) {
  expectDecoded("4\r\nWiki\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\nGET /",
                {ChunkedStatus::kEnd, "Wikiabcdefghijklmnopqrstuvwxyz", "GET /"});
}

TEST(ChunkedDecoder, TakesAnEmptyBody) {
  expectDecoded("0\r\n\r\n", {ChunkedStatus::kEnd, "", ""});
}

TEST(ChunkedDecoder, SkipsExtensionsAndTrailer) {
  expectDecoded("3;a=b;c=\"d\"\r\nabc\r\n0;last\r\nX-Sum: 1\r\nY: \tz\r\n\r\n.",
                {ChunkedStatus::kEnd, "abc", "."});
}

TEST(ChunkedDecoder, WaitsForTheRest) {
  expectDecoded("5\r\nabc", {ChunkedStatus::kNeedMore, "abc", ""});
  expectDecoded("3\r\nabc\r\n0\r\n", {ChunkedStatus::kNeedMore, "abc", ""});
}

TEST(ChunkedDecoder, RefusesWhatTwoPartiesMightReadDifferently) {
  for (const char* bytes : {"\r\n", ";x\r\n", "-1\r\na", "0x3\r\nabc\r\n", "3\nabc\r\n0\r\n\r\n",
                            "3\r\nabcd\r\n", "3\r\nabc\n0\r\n\r\n", "3\rxabc", "3;a\nb\r\nabc",
                            "g\r\n", "0\r\n\n", "0\r\nX: 1\nY: 2\r\n", "3;\x01\r\n"}) {
    SCOPED_TRACE(bytes);
    forEachCut(bytes, [](const Chunks& chunks) {
      EXPECT_EQ(decode(chunks).status, ChunkedStatus::kMalformed);
    });
  }
}

TEST(ChunkedDecoder, LimitsTheSizeOfAChunk) {
  EXPECT_EQ(decode({std::string(15, 'f') + "\r\n"}).status, ChunkedStatus::kNeedMore);
  EXPECT_EQ(decode({std::string(16, 'f') + "\r\n"}).status, ChunkedStatus::kMalformed);
  EXPECT_EQ(decode({std::string(16, '0') + "\r\n"}).status, ChunkedStatus::kMalformed);
}

TEST(ChunkedDecoder, LimitsExtensionsAndTrailer) {
  const std::string extension(ChunkedDecoder::kMaxExtensionBytes, 'e');
  EXPECT_EQ(decode({"1;" + extension.substr(1) + "\r\na"}).body, "a");
  EXPECT_EQ(decode({"1;" + extension + "x\r\na"}).status, ChunkedStatus::kMalformed);
  std::string trailer = "0\r\n";
  for (int i = 0; i < 10; ++i) trailer += "X: " + std::string(1000, 't') + "\r\n";
  EXPECT_EQ(decode({trailer + "\r\n"}).status, ChunkedStatus::kMalformed);
}

}  // namespace
}  // namespace holdfast
