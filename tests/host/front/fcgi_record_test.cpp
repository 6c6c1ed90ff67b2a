#include "host/front/fcgi_record.h"

#include <fastcgi.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/bytes.h"
#include "tests/support/cuts.h"
#include "tests/support/test_peer.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint32_t kStreamed = 1U << FCGI_PARAMS | 1U << FCGI_STDIN;

/// What a decoder made of a byte stream, pieces of streamed records joined.
struct Decoded {
  std::vector<SeenRecord> records;
  std::size_t pieces = 0;
  bool bad_version = false;
  bool at_boundary = false;
  bool record_open = false;  ///< the last streamed record is not complete
};

/// Feeds a decoder as a connection does, headroom included, and does to each piece what a front end
/// may do to it: write over the eight bytes before it.
class DecoderDriver {
 public:
  explicit DecoderDriver(std::uint32_t streamed) : decoder_(streamed) {}

  void feed(std::string_view chunk) {
    if (seen_.bad_version) return;
    std::vector<std::byte> buffer(kRecordHeaderBytes + chunk.size());
    std::ranges::copy(asBytes(chunk), buffer.data() + kRecordHeaderBytes);
    std::span<std::byte> input = std::span(buffer).subspan(kRecordHeaderBytes);
    const std::byte* const begin = buffer.data();
    const std::byte* const end = begin + buffer.size();

    std::vector<std::pair<std::span<const std::byte>, std::string>> borrowed;
    for (;;) {
      RecordPiece piece;
      const RecordStatus status = decoder_.next(input, piece);
      if (status != RecordStatus::kPiece) {
        seen_.bad_version = status == RecordStatus::kBadVersion;
        EXPECT_TRUE(seen_.bad_version || input.empty()) << "kNeedMore, but input is left";
        break;
      }
      add(piece);
      std::byte* const at = piece.content.data();
      if (!piece.content.empty() && begin <= at && at < end) {
        ASSERT_GE(at - begin, static_cast<std::ptrdiff_t>(kRecordHeaderBytes));
        borrowed.emplace_back(piece.content, asText(piece.content));
        std::memset(at - kRecordHeaderBytes, 0xEE, kRecordHeaderBytes);
      }
    }
    for (const auto& [bytes, was] : borrowed) {
      EXPECT_EQ(asText(bytes), was) << "a header written over its room destroyed another piece";
    }
    seen_.at_boundary = decoder_.atBoundary();
  }

  const Decoded& seen() const { return seen_; }

 private:
  void add(const RecordPiece& piece) {
    ++seen_.pieces;
    if (!seen_.record_open) {
      seen_.records.push_back({piece.header.type, piece.header.request_id, {}});
    }
    SeenRecord& record = seen_.records.back();
    EXPECT_EQ(record.type, piece.header.type);
    EXPECT_EQ(record.id, piece.header.request_id);
    record.content += asText(piece.content);
    seen_.record_open = !piece.last;
    EXPECT_EQ(piece.last, record.content.size() == piece.header.content_length);
  }

  RecordDecoder decoder_;
  Decoded seen_;
};

Decoded decode(const Chunks& chunks, std::uint32_t streamed = kStreamed) {
  DecoderDriver driver(streamed);
  for (const std::string_view chunk : chunks) driver.feed(chunk);
  return driver.seen();
}

TEST(RecordDecoder, CutsAStreamIntoItsRecords) {
  const std::string params = pattern(700);
  const std::string body = pattern(3000, 2);
  const std::string bytes = rawRecord(FCGI_BEGIN_REQUEST, 1, std::string("\0\1\1\0\0\0\0\0", 8)) +
                            rawRecord(FCGI_PARAMS, 1, params, 4) + rawRecord(FCGI_PARAMS, 1) +
                            rawRecord(FCGI_STDIN, 1, body, 255) + rawRecord(FCGI_STDIN, 1);
  forEachCut(bytes, [&](const Chunks& chunks) {
    const Decoded seen = decode(chunks);
    EXPECT_THAT(seen.records,
                ElementsAre(SeenRecord{FCGI_BEGIN_REQUEST, 1, std::string("\0\1\1\0\0\0\0\0", 8)},
                            SeenRecord{FCGI_PARAMS, 1, params}, SeenRecord{FCGI_PARAMS, 1, ""},
                            SeenRecord{FCGI_STDIN, 1, body}, SeenRecord{FCGI_STDIN, 1, ""}));
    EXPECT_TRUE(seen.at_boundary);
    EXPECT_FALSE(seen.bad_version);
  });
}

TEST(RecordDecoder, SkipsPaddingOfEmptyRecords) {
  const std::string bytes = rawRecord(FCGI_STDIN, 9, "", 8) + rawRecord(FCGI_GET_VALUES, 0, "", 1) +
                            rawRecord(FCGI_STDIN, 9, "x", 0) + rawRecord(FCGI_STDIN, 9, "", 255);
  forEachCut(bytes, [&](const Chunks& chunks) {
    const Decoded seen = decode(chunks);
    EXPECT_THAT(seen.records,
                ElementsAre(SeenRecord{FCGI_STDIN, 9, ""}, SeenRecord{FCGI_GET_VALUES, 0, ""},
                            SeenRecord{FCGI_STDIN, 9, "x"}, SeenRecord{FCGI_STDIN, 9, ""}));
    EXPECT_TRUE(seen.at_boundary);
  });
}

TEST(RecordDecoder, ReadsLengthsAndIdsBigEndian) {
  const std::string longest = pattern(65535);
  const std::string bytes = rawRecord(FCGI_STDIN, 0xABCD, longest) + rawRecord(200, 0xFF00, "q", 7);
  forEachCut(bytes, [&](const Chunks& chunks) {
    const Decoded seen = decode(chunks);
    EXPECT_THAT(seen.records,
                ElementsAre(SeenRecord{FCGI_STDIN, 0xABCD, longest}, SeenRecord{200, 0xFF00, "q"}));
  });
}

TEST(RecordDecoder, HandsStreamedContentOnAsItArrives) {
  DecoderDriver driver(kStreamed);
  const std::string bytes = rawRecord(FCGI_STDIN, 1, "abcdef");
  driver.feed(bytes.substr(0, 11));
  ASSERT_EQ(driver.seen().records.size(), 1U);
  EXPECT_EQ(driver.seen().records[0].content, "abc");
  EXPECT_TRUE(driver.seen().record_open);
  driver.feed(bytes.substr(11));
  EXPECT_EQ(driver.seen().records[0].content, "abcdef");
  EXPECT_EQ(driver.seen().pieces, 2U);
}

TEST(RecordDecoder, KeepsOtherTypesBackUntilTheyAreWhole) {
  DecoderDriver driver(kStreamed);
  const std::string bytes = rawRecord(FCGI_GET_VALUES, 0, "abcdef");
  driver.feed(bytes.substr(0, 11));
  EXPECT_EQ(driver.seen().pieces, 0U);
  driver.feed(bytes.substr(11, 2));
  EXPECT_EQ(driver.seen().pieces, 0U);
  driver.feed(bytes.substr(13));
  EXPECT_THAT(driver.seen().records, ElementsAre(SeenRecord{FCGI_GET_VALUES, 0, "abcdef"}));
  EXPECT_EQ(driver.seen().pieces, 1U);
}

TEST(RecordDecoder, KeepsTypesBeyondTheMaskBack) {
  // 36 and 37 would be FCGI_PARAMS and FCGI_STDIN to a mask of 32 bits that wraps around.
  for (const unsigned type : {32U, 36U, 37U, 255U}) {
    SCOPED_TRACE(type);
    const std::string bytes = rawRecord(type, 1, "abc", 3) + rawRecord(type, 1, "de");
    forEachCut(bytes, [&](const Chunks& chunks) {
      const Decoded seen = decode(chunks, 0xFFFFFFFFU);
      EXPECT_THAT(seen.records, ElementsAre(SeenRecord{type, 1, "abc"}, SeenRecord{type, 1, "de"}));
      EXPECT_EQ(seen.pieces, 2U);
    });
  }
}

TEST(RecordDecoder, KeepsPartialHeaderAcrossReads) {
  const std::string bytes = rawRecord(FCGI_STDIN, 3, "z");
  for (std::size_t cut = 1; cut < kRecordHeaderBytes; ++cut) {
    DecoderDriver driver(kStreamed);
    driver.feed(std::string_view(bytes).substr(0, cut));
    EXPECT_FALSE(driver.seen().at_boundary) << cut;
    EXPECT_THAT(driver.seen().records, IsEmpty());
    driver.feed(std::string_view(bytes).substr(cut));
    EXPECT_THAT(driver.seen().records, ElementsAre(SeenRecord{FCGI_STDIN, 3, "z"}));
  }
}

TEST(RecordDecoder, IsAtABoundaryOnlyBetweenRecords) {
  const std::string bytes = rawRecord(FCGI_STDIN, 1, "abc", 2);
  DecoderDriver driver(kStreamed);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    driver.feed(std::string_view(bytes).substr(i, 1));
    EXPECT_EQ(driver.seen().at_boundary, i + 1 == bytes.size()) << "after byte " << i;
  }
}

TEST(RecordDecoder, RefusesOtherVersions) {
  for (const unsigned version : {0U, 2U, 71U, 255U}) {
    SCOPED_TRACE(version);
    const std::string bytes = rawRecord(FCGI_STDIN, 1, "fine", 4) +
                              rawRecord(FCGI_STDIN, 1, "not", 0, version) +
                              rawRecord(FCGI_STDIN, 1, "never seen");
    forEachCut(bytes, [&](const Chunks& chunks) {
      const Decoded seen = decode(chunks);
      EXPECT_TRUE(seen.bad_version);
      EXPECT_THAT(seen.records, ElementsAre(SeenRecord{FCGI_STDIN, 1, "fine"}));
    });
  }
}

TEST(RecordDecoder, TakesNoInputForNothing) {
  DecoderDriver driver(kStreamed);
  driver.feed("");
  EXPECT_THAT(driver.seen().records, IsEmpty());
  EXPECT_TRUE(driver.seen().at_boundary);
}

TEST(RecordDecoder, ReadsRandomStreamsTheSameHoweverTheyAreCut) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    std::string bytes;
    std::vector<SeenRecord> expected;
    for (unsigned i = 0; i < 12; ++i) {
      const std::size_t length = random() % 3 == 0 ? 0 : random() % (random() % 8 == 0 ? 9000 : 20);
      const SeenRecord record{static_cast<unsigned>(random() % 40),
                              static_cast<unsigned>(random() % 65536),
                              pattern(length, static_cast<unsigned>(random()))};
      bytes += rawRecord(record.type, record.id, record.content, random() % 2 * (random() % 256));
      expected.push_back(record);
    }
    SCOPED_TRACE(round);
    forEachCut(bytes, [&](const Chunks& chunks) { EXPECT_EQ(decode(chunks).records, expected); });
  }
}

TEST(EncodeRecord, WritesTheLayoutOfTheSpecification) {
  std::vector<std::byte> out;
  appendRecord(out, FCGI_STDOUT, 0x0102, "hey");
  EXPECT_EQ(asText(out), std::string("\1\6\1\2\0\3\0\0hey", 11));
  appendRecord(out, FCGI_STDOUT, 7, "");
  EXPECT_EQ(asText(out).substr(11), std::string("\1\6\0\7\0\0\0\0", 8));
}

TEST(EncodeRecord, WritesAHeaderOverEightBytesOnly) {
  std::vector<std::byte> room(10, std::byte{0xCC});
  encodeHeader(room.data() + 1, {FCGI_STDOUT, 0xFFFE, 0xFFFF});
  EXPECT_EQ(asText(room), std::string("\xCC\1\6\xFF\xFE\xFF\xFF\0\0\xCC", 10));
}

TEST(EncodeRecord, CutsAStreamIntoAsFewRecordsAsItTakes) {
  for (const std::size_t size : {0U, 1U, 65535U, 65536U, 200000U}) {
    SCOPED_TRACE(size);
    const std::string content = pattern(size);
    std::vector<std::byte> out;
    appendStream(out, FCGI_STDOUT, 4, content);
    const std::string bytes(asText(out));
    const Decoded seen = decode({bytes});
    EXPECT_EQ(seen.records.size(), (size + 65534) / 65535);
    EXPECT_EQ(streamOf(seen.records, FCGI_STDOUT, 4), content);
  }
}

// --- name-value pairs ---

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairsOf(const Params& params) {
  Pairs pairs;
  for (std::size_t i = 0; i < params.size(); ++i) {
    pairs.emplace_back(params[i].name, params[i].value);
  }
  return pairs;
}

TEST(DecodePairs, ReadsShortLengths) {
  Params params;
  ASSERT_EQ(decodePairs(asBytes(std::string_view("\1\2abc\0\0\3\0xyz", 12)), 10, params),
            PairsStatus::kOk);
  EXPECT_EQ(pairsOf(params), (Pairs{{"a", "bc"}, {"", ""}, {"xyz", ""}}));
}

TEST(DecodePairs, ReadsLengthsOfFourBytesInEitherPlace) {
  const std::string value = pattern(70000);
  const std::string name(128, 'n');
  const std::string bytes = std::string("\1\x80\1\x11\x70", 5) + "v" + value +
                            std::string("\x80\0\0\x80\1", 5) + name + "w" +
                            std::string("\x80\0\0\1\x80\0\0\1", 8) + "kx";
  Params params;
  ASSERT_EQ(decodePairs(asBytes(bytes), 10, params), PairsStatus::kOk);
  EXPECT_EQ(pairsOf(params), (Pairs{{"v", value}, {name, "w"}, {"k", "x"}}));
}

TEST(DecodePairs, KeepsWhatWasThereBefore) {
  Params params;
  params.add("first", "1");
  ASSERT_EQ(decodePairs(asBytes("\1\1ab"), 10, params), PairsStatus::kOk);
  EXPECT_EQ(pairsOf(params), (Pairs{{"first", "1"}, {"a", "b"}}));
}

TEST(DecodePairs, FindsThemCutShortAnywhere) {
  std::string bytes;
  appendPair(bytes, "NAME", "value");
  appendPair(bytes, std::string(200, 'n'), std::string(300, 'v'));
  const std::size_t first = 2 + 4 + 5;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    Params params;
    const bool whole = size == 0 || size == first || size == bytes.size();
    EXPECT_EQ(decodePairs(asBytes(bytes).first(size), 10, params),
              whole ? PairsStatus::kOk : PairsStatus::kTruncated)
        << size;
  }
}

TEST(DecodePairs, IsNotFooledByLengthsThatOverflow) {
  const std::string_view huge[] = {{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                    "ab",
                                    10},
                                   {"\1\xFF\xFF\xFF\xFF"
                                    "ab",
                                    7},
                                   {"\xFF\xFF\xFF\xFF\1"
                                    "ab",
                                    7},
                                   {"\3\0ab", 4},
                                   {"\2\1ab", 4},
                                   {"\x7F", 1}};
  for (const std::string_view bytes : huge) {
    Params params;
    EXPECT_EQ(decodePairs(asBytes(bytes), 10, params), PairsStatus::kTruncated);
    EXPECT_EQ(params.size(), 0U);
  }
}

TEST(DecodePairs, StopsAtTheLimitOfPairs) {
  std::string bytes;
  for (int i = 0; i < 5; ++i) appendPair(bytes, "n", "v");
  Params enough;
  EXPECT_EQ(decodePairs(asBytes(bytes), 5, enough), PairsStatus::kOk);
  EXPECT_EQ(enough.size(), 5U);
  Params few;
  EXPECT_EQ(decodePairs(asBytes(bytes), 4, few), PairsStatus::kTooMany);
  EXPECT_EQ(few.size(), 4U);
}

TEST(AppendPair, WritesLongLengthsBigEndian) {
  std::string bytes;
  appendPair(bytes, "", std::string(0x00010203, 'v'));
  EXPECT_EQ(bytes.substr(0, 6), std::string("\0\x80\1\2\3v", 6));
}

TEST(AppendPair, IsReadBackWhateverTheLengths) {
  for (const std::size_t name : {0U, 1U, 127U, 128U, 300U}) {
    for (const std::size_t value : {0U, 127U, 128U, 65535U, 65536U}) {
      std::string bytes;
      appendPair(bytes, pattern(name, 3), pattern(value, 4));
      const std::size_t lengths = (name < 128 ? 1 : 4) + (value < 128 ? 1 : 4);
      EXPECT_EQ(bytes.size(), lengths + name + value);
      Params params;
      ASSERT_EQ(decodePairs(asBytes(bytes), 1, params), PairsStatus::kOk);
      EXPECT_TRUE(params[0].name == pattern(name, 3) && params[0].value == pattern(value, 4));
    }
  }
}

}  // namespace
}  // namespace holdfast
