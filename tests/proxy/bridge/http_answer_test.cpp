#include "proxy/bridge/http_answer.h"

#include <gtest/gtest.h>

#include "tests/support/cuts.h"

namespace holdfast::proxy {
namespace {

using Progress = HttpAnswerReader::Progress;

struct Read {
  Progress progress = Progress::kNeedMore;
  HttpAnswer answer;
  std::string leftover;
};

Read readAll(const Chunks& chunks, AnswerTo asked, bool ends) {
  HttpAnswerReader reader(asked);
  Read read;
  // What follows an upgrade is the stream's: nothing is read after it.
  for (std::string_view chunk : chunks) {
    if (read.progress == Progress::kNeedMore) read.progress = reader.take(chunk);
  }
  if (ends && read.progress == Progress::kNeedMore) read.progress = reader.end();
  read.answer = reader.answer();
  read.leftover = reader.leftover();
  return read;
}

void expectBody(std::string_view bytes, int status, std::string_view body, bool ends = false) {
  forEachCut(bytes, [&](const Chunks& chunks) {
    const Read read = readAll(chunks, AnswerTo::kGet, ends);
    EXPECT_EQ(read.progress, Progress::kDone);
    EXPECT_EQ(read.answer.status, status);
    EXPECT_EQ(read.answer.body, body);
  });
}

void expectBroken(std::string_view bytes, bool ends = false) {
  forEachCut(bytes, [&](const Chunks& chunks) {
    EXPECT_EQ(readAll(chunks, AnswerTo::kGet, ends).progress, Progress::kBroken) << bytes;
  });
}

TEST(HttpAnswerReader, ReadsABodyOfKnownLength) {
  expectBody("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello");
  expectBody("HTTP/1.0 404 Not Found\nContent-Length: 0\n\n", 404, "");
}

TEST(HttpAnswerReader, ReadsABodyToTheEndOfTheStream) {
  expectBody("HTTP/1.1 502 Bad Gateway\r\nServer: x\r\n\r\n<html>", 502, "<html>", true);
  expectBody("HTTP/1.1 204\r\n\r\n", 204, "");
}

TEST(HttpAnswerReader, ReadsChunks) {
  expectBody(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\nA\r\n, world...\r\n0\r\nX: y\r\n\r\n",
      200, "hello, world...");
}

TEST(HttpAnswerReader, PassesOverInterimAnswers) {
  expectBody(
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
      200, "1");
}

TEST(HttpAnswerReader, GivesBackWhatStandsBehindAnUpgrade) {
  const std::string_view bytes =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01x";
  const Read read = readAll({bytes}, AnswerTo::kUpgrade, false);
  EXPECT_EQ(read.progress, Progress::kDone);
  EXPECT_EQ(read.answer.header("upgrade"), "websocket");
  EXPECT_EQ(read.leftover, "\x81\x01x");
  expectBroken(bytes);
}

TEST(HttpAnswerReader, GivesBackWhatStandsBehindATunnel) {
  const Read read = readAll({"HTTP/1.0 200 Connection established\r\nContent-Length: 7\r\n\r\nabc"},
                            AnswerTo::kConnect, false);
  EXPECT_EQ(read.progress, Progress::kDone);
  EXPECT_EQ(read.leftover, "abc");
  const Read refused =
      readAll({"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"}, AnswerTo::kConnect, false);
  EXPECT_EQ(refused.answer.status, 407);
  EXPECT_EQ(refused.answer.body, "no");
}

TEST(HttpAnswerReader, RefusesWhatIsNoAnswer) {
  expectBroken("SSH-2.0-OpenSSH_9.2\r\n", true);
  expectBroken("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  expectBroken("HTTP/2 200 OK\r\n\r\n");
  expectBroken("HTTP/1.1 abc\r\n\r\n");
  expectBroken("HTTP/1.1 200 OK\r\nno colon\r\n\r\n");
  expectBroken("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n");
  expectBroken("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true);
  expectBroken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
  expectBroken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n");
  expectBroken("", true);
}

TEST(HttpAnswerReader, HasLimits) {
  HttpAnswerReader endless(AnswerTo::kGet);
  Progress progress = Progress::kNeedMore;
  std::size_t bytes = 0;
  for (; progress == Progress::kNeedMore; bytes += 10) progress = endless.take("X: 4567890");
  EXPECT_EQ(progress, Progress::kBroken);
  EXPECT_LT(bytes, 2 * HttpAnswerReader::kMaxHead);

  HttpAnswerReader long_one(AnswerTo::kGet);
  EXPECT_EQ(long_one.take("HTTP/1.1 200 OK\r\n\r\n"), Progress::kNeedMore);
  EXPECT_EQ(long_one.take(std::string(HttpAnswerReader::kMaxBody + 1, 'x')), Progress::kDone);
  EXPECT_EQ(long_one.answer().body.size(), HttpAnswerReader::kMaxBody);
}

}  // namespace
}  // namespace holdfast::proxy
