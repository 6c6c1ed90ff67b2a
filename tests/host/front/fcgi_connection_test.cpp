#include "host/front/fcgi_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/host/front/fcgi_fixture.h"
#include "tests/support/cuts.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using FcgiConnectionTest = FcgiFixture;

TEST_F(FcgiConnectionTest, DeliversARequestHoweverItIsCut) {
  const std::string body = pattern(150);
  const std::string value(300, 'v');
  const std::string pairs =
      encodedPairs({{"REQUEST_METHOD", "POST"}, {"LONG", value}, {"EMPTY", ""}});
  const std::string bytes =
      beginRequest(1, false) + rawRecord(FCGI_PARAMS, 1, pairs.substr(0, 9), 5) +
      rawRecord(FCGI_PARAMS, 1, pairs.substr(9)) + rawRecord(FCGI_PARAMS, 1) + stdinOf(1, body, 40);
  forEachCut(bytes, [&](const Chunks& chunks) {
    TestPeer peer = connect();
    for (const std::string_view chunk : chunks) {
      ASSERT_TRUE(peer.send(chunk));
      thread_.settle();
    }
    RecordingResponder& responder = awaitRequest();
    onLoop([&] {
      EXPECT_TRUE(responder.complete);
      EXPECT_EQ(responder.body, body);
      const Params& params = responder.request->params;
      EXPECT_EQ(params.size(), 3U);
      EXPECT_EQ(params.get("REQUEST_METHOD"), "POST");
      EXPECT_EQ(params.get("LONG"), value);
      EXPECT_EQ(params.find("EMPTY"), "");
      responder.answer("done");
    });
    EXPECT_EQ(streamOf(peer.readUntil(FCGI_END_REQUEST, 1), FCGI_STDOUT, 1),
              "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\ndone");
    EXPECT_TRUE(peer.atEnd());
    forgetRequests();
  });
}

TEST_F(FcgiConnectionTest, AnswersInRecords) {
  TestPeer peer = connect();
  peer.send(wholeRequest(0x1234, false));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.answer("hello"); });
  EXPECT_THAT(peer.readUntil(FCGI_END_REQUEST, 0x1234),
              ElementsAre(SeenRecord{FCGI_STDOUT, 0x1234,
                                     "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n"},
                          SeenRecord{FCGI_STDOUT, 0x1234, "hello"},
                          SeenRecord{FCGI_STDOUT, 0x1234, ""}, endRecord(0x1234)));
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(FcgiConnectionTest, KeepsHeadersAsTheyAreGivenAndFindsAReason) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] {
    responder.request->start(
        {404, "", {{"Set-Cookie", "a=1"}, {"x", ""}, {"Set-Cookie", "b=\xE9"}}});
    responder.finish();
  });
  EXPECT_EQ(streamOf(peer.readUntil(FCGI_END_REQUEST, 1), FCGI_STDOUT, 1),
            "Status: 404 Not Found\r\nSet-Cookie: a=1\r\nx: \r\nSet-Cookie: b=\xE9\r\n\r\n");
}

TEST_F(FcgiConnectionTest, SpreadsAHeadThatDoesNotFitOneRecord) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  const std::string value(100'000, 'h');
  onLoop([&] {
    responder.request->start({200, "Fine", {{"Long", value}}});
    responder.finish();
  });
  EXPECT_EQ(streamOf(peer.readUntil(FCGI_END_REQUEST, 1), FCGI_STDOUT, 1),
            "Status: 200 Fine\r\nLong: " + value + "\r\n\r\n");
}

TEST_F(FcgiConnectionTest, SendsChunksOfEverySize) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  std::string expected;
  onLoop([&] {
    responder.request->start({200, "OK", {}});
    for (const std::size_t size : {1U, 0U, 2047U, 2048U, 65535U, 3U}) {
      const std::string chunk = pattern(size, static_cast<unsigned>(size));
      writeChunk(*responder.request, chunk);
      expected += chunk;
    }
    responder.finish();
  });
  const auto records = peer.readUntil(FCGI_END_REQUEST, 1);
  EXPECT_TRUE(streamOf(records, FCGI_STDOUT, 1) == "Status: 200 OK\r\n\r\n" + expected);
  // An empty record would have been the end of the stream.
  for (std::size_t i = 0; i + 2 < records.size(); ++i) EXPECT_NE(records[i].content, "");
}

TEST_F(FcgiConnectionTest, SaysErrorsOnTheErrorStream) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] {
    responder.request->reportError("worker died\n");
    responder.answer("sorry", 502);
  });
  const auto records = peer.readUntil(FCGI_END_REQUEST, 1);
  EXPECT_EQ(streamOf(records, FCGI_STDERR, 1), "worker died\n");
  EXPECT_EQ(streamOf(records, FCGI_STDOUT, 1),
            "Status: 502 Bad Gateway\r\nContent-Type: text/plain\r\n\r\nsorry");
}

TEST_F(FcgiConnectionTest, KnowsAtDeliveryThatABodyWhichCameAlongIsComplete) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true) + wholeRequest(2, true, "/", "body"));
  RecordingResponder& second = awaitRequest(1);
  onLoop([&] {
    EXPECT_TRUE(requests_[0]->complete_at_delivery);
    EXPECT_TRUE(second.complete_at_delivery);
    EXPECT_EQ(second.body, "body");
  });
}

TEST_F(FcgiConnectionTest, DeliversBeforeTheBodyIsThere) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) + paramsOf(1, {{"REQUEST_METHOD", "POST"}}));
  RecordingResponder& responder = awaitRequest();
  EXPECT_FALSE(onLoop([&] { return responder.complete_at_delivery; }));
  peer.send(rawRecord(FCGI_STDIN, 1, "first"));
  ASSERT_TRUE(thread_.waitUntil([&] { return responder.body == "first"; }));
  EXPECT_FALSE(onLoop([&] { return responder.complete; }));
  peer.send(stdinOf(1, "second"));
  ASSERT_TRUE(thread_.waitUntil([&] { return responder.complete; }));
  EXPECT_EQ(onLoop([&] { return responder.body; }), "firstsecond");
}

TEST_F(FcgiConnectionTest, AnswersOneRequestAfterTheOtherOnAKeptConnection) {
  TestPeer peer = connect();
  for (std::size_t i = 0; i < 5; ++i) {
    peer.send(wholeRequest(1, true, "/" + std::to_string(i)));
    RecordingResponder& responder = awaitRequest(i);
    onLoop([&] {
      EXPECT_EQ(responder.uri(), "/" + std::to_string(i));
      responder.answer(std::to_string(i));
    });
    const auto records = peer.readUntil(FCGI_END_REQUEST, 1);
    EXPECT_EQ(records.back(), endRecord(1));
    EXPECT_TRUE(streamOf(records, FCGI_STDOUT, 1).ends_with("\r\n\r\n" + std::to_string(i)));
  }
  EXPECT_EQ(onLoop([&] { return listener_->connections(); }), 1U);
}

TEST_F(FcgiConnectionTest, RefusesOtherRoles) {
  for (const unsigned role : {0U, unsigned{FCGI_AUTHORIZER}, unsigned{FCGI_FILTER}, 0x0101U}) {
    SCOPED_TRACE(role);
    TestPeer kept = connect();
    kept.send(beginRequest(7, true, role));
    EXPECT_EQ(kept.readRecord(), endRecord(7, FCGI_UNKNOWN_ROLE));
    // What a server sends of the refused request is ignored; then the connection is as new.
    kept.send(paramsOf(7, {{"A", "B"}}) + stdinOf(7, "x") + wholeRequest(7, true));
    RecordingResponder& responder = awaitRequest();
    onLoop([&] { responder.answer("x"); });
    EXPECT_EQ(kept.readUntil(FCGI_END_REQUEST, 7).back(), endRecord(7));
    forgetRequests();

    TestPeer other = connect();
    other.send(beginRequest(7, false, role));
    EXPECT_EQ(other.readRecord(), endRecord(7, FCGI_UNKNOWN_ROLE));
    EXPECT_TRUE(other.atEnd());
  }
  EXPECT_TRUE(log_.has("FCGI_UNKNOWN_ROLE: it asked for role 0"));
  EXPECT_FALSE(log_.has("role 257")) << "not one line each";
}

TEST_F(FcgiConnectionTest, ServesSeveralRequestsAtOnce) {
  TestPeer peer = connect();
  // Interleaved, as the specification allows.
  peer.send(beginRequest(1, false) + beginRequest(2, false) +
            rawRecord(FCGI_PARAMS, 1, encodedPairs({{"REQUEST_URI", "/one"}})) +
            rawRecord(FCGI_PARAMS, 2, encodedPairs({{"REQUEST_URI", "/two"}})) +
            rawRecord(FCGI_PARAMS, 2) + rawRecord(FCGI_STDIN, 2, "zw") + rawRecord(FCGI_PARAMS, 1) +
            rawRecord(FCGI_STDIN, 1, "eins") + rawRecord(FCGI_STDIN, 2, "ei") +
            rawRecord(FCGI_STDIN, 1) + rawRecord(FCGI_STDIN, 2));
  RecordingResponder& last = awaitRequest(1);
  onLoop([&] {
    RecordingResponder& two = *requests_[0];
    EXPECT_EQ(two.uri(), "/two");
    EXPECT_EQ(two.body, "zwei");
    EXPECT_EQ(last.uri(), "/one");
    EXPECT_EQ(last.body, "eins");
    last.request->start({200, "OK", {}});
    two.request->start({200, "OK", {}});
    writeChunk(*last.request, "uno");
    writeChunk(*two.request, "due");
    two.finish();
  });
  const auto records = peer.readUntil(FCGI_END_REQUEST, 2);
  EXPECT_EQ(streamOf(records, FCGI_STDOUT, 2), "Status: 200 OK\r\n\r\ndue");
  EXPECT_EQ(streamOf(records, FCGI_STDOUT, 1), "Status: 200 OK\r\n\r\nuno");
  // Not kept, but the other request still needs it.
  EXPECT_EQ(onLoop([&] { return listener_->connections(); }), 1U);
  onLoop([&] { last.finish(); });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(FcgiConnectionTest, RefusesMoreRequestsAtOnceThanTheLimit) {
  const FcgiLimits limits;
  TestPeer peer = connect();
  std::string bytes;
  const unsigned most = static_cast<unsigned>(limits.requests_per_connection);
  for (unsigned id = 1; id <= most + 1; ++id) bytes += wholeRequest(id, true);
  peer.send(bytes);
  EXPECT_EQ(peer.readRecord(), endRecord(most + 1, FCGI_OVERLOADED));
  EXPECT_TRUE(log_.has("FCGI_OVERLOADED: it has 64 requests"));
  awaitRequest(most - 1);
  onLoop([&] { requests_[3]->answer("room again"); });
  peer.readUntil(FCGI_END_REQUEST, 4);
  peer.send(wholeRequest(most + 1, true));
  awaitRequest(most);
}

TEST_F(FcgiConnectionTest, TellsTheResponderOfAnAbort) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true) + wholeRequest(2, true));
  awaitRequest(1);
  peer.send(rawRecord(FCGI_ABORT_REQUEST, 1));
  const auto end = peer.readRecord();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->type, unsigned{FCGI_END_REQUEST});
  EXPECT_EQ(end->id, 1U);
  EXPECT_EQ(end->content[4], FCGI_REQUEST_COMPLETE);
  onLoop([&] {
    EXPECT_EQ(requests_[0]->clients_gone, 1);
    EXPECT_EQ(requests_[1]->clients_gone, 0);
    requests_[0]->answer("to nobody");
    requests_[1]->answer("still here");
  });
  const auto records = peer.readUntil(FCGI_END_REQUEST, 2);
  EXPECT_EQ(streamOf(records, FCGI_STDOUT, 1), "");
  EXPECT_TRUE(streamOf(records, FCGI_STDOUT, 2).ends_with("still here"));
}

TEST_F(FcgiConnectionTest, DoesNotDeliverWhatIsAbortedBeforeItIsComplete) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) + rawRecord(FCGI_PARAMS, 1, encodedPairs({{"A", "B"}})));
  thread_.settle();
  peer.send(rawRecord(FCGI_ABORT_REQUEST, 1));
  EXPECT_EQ(peer.readRecord()->type, unsigned{FCGI_END_REQUEST});
  // Complete, and aborted in the same breath.
  peer.send(wholeRequest(2, true) + rawRecord(FCGI_ABORT_REQUEST, 2));
  EXPECT_EQ(peer.readRecord()->type, unsigned{FCGI_END_REQUEST});
  thread_.settle();
  EXPECT_TRUE(onLoop([&] { return requests_.empty(); }));
}

TEST_F(FcgiConnectionTest, EndsAnUnkeptConnectionAfterAnAbort) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  awaitRequest();
  peer.send(rawRecord(FCGI_ABORT_REQUEST, 1));
  EXPECT_EQ(peer.readRecord()->type, unsigned{FCGI_END_REQUEST});
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(FcgiConnectionTest, IgnoresRecordsOfRequestsThatAreNotActive) {
  TestPeer peer = connect();
  peer.send(rawRecord(FCGI_STDIN, 5, "what") + rawRecord(FCGI_PARAMS, 5) +
            rawRecord(FCGI_ABORT_REQUEST, 5) + rawRecord(99, 5, "?") + beginRequest(1, true) +
            rawRecord(FCGI_DATA, 1, "for filters") + rawRecord(FCGI_DATA, 1) +
            rawRecord(77, 1, "unknown", 3) + paramsOf(1, {}) + rawRecord(FCGI_STDIN, 1));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] {
    EXPECT_EQ(responder.request->params.size(), 0U);
    EXPECT_EQ(responder.body, "");
    responder.answer("fine");
  });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
}

TEST_F(FcgiConnectionTest, SaysWhatItCanDo) {
  TestPeer peer = connect();
  peer.send(rawRecord(
      FCGI_GET_VALUES, 0,
      encodedPairs(
          {{FCGI_MAX_CONNS, ""}, {"NOT_A_VALUE", ""}, {FCGI_MPXS_CONNS, ""}, {FCGI_MAX_REQS, ""}}),
      3));
  const auto record = peer.readRecord();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->type, unsigned{FCGI_GET_VALUES_RESULT});
  EXPECT_EQ(record->id, 0U);
  EXPECT_EQ(record->content, encodedPairs({{FCGI_MAX_CONNS, std::to_string(kConnections)},
                                           {FCGI_MPXS_CONNS, "1"},
                                           {FCGI_MAX_REQS, std::to_string(kRequests)}}));
  peer.send(rawRecord(FCGI_GET_VALUES, 0));
  EXPECT_EQ(peer.readRecord(), (SeenRecord{FCGI_GET_VALUES_RESULT, 0, ""}));
}

TEST_F(FcgiConnectionTest, NamesManagementTypesThatItDoesNotKnow) {
  TestPeer peer = connect();
  // 5 is a stream type, so it may come in pieces: one answer all the same.
  for (const unsigned type : {200U, 12U, unsigned{FCGI_STDIN}}) {
    SCOPED_TRACE(type);
    const std::string bytes = rawRecord(type, 0, "content");
    peer.send(bytes.substr(0, 10));
    thread_.settle();
    peer.send(bytes.substr(10));
    const auto record = peer.readRecord();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->type, unsigned{FCGI_UNKNOWN_TYPE});
    EXPECT_EQ(record->id, 0U);
    EXPECT_EQ(record->content, static_cast<char>(type) + std::string(7, '\0'));
  }
  peer.send(rawRecord(FCGI_GET_VALUES, 0));
  EXPECT_EQ(peer.readRecord()->type, unsigned{FCGI_GET_VALUES_RESULT});
}

struct MalformedCase {
  const char* name;
  std::string bytes;
  const char* in_log;
};

class FcgiMalformed : public FcgiFixture, public testing::WithParamInterface<MalformedCase> {};

TEST_P(FcgiMalformed, ClosesThatConnectionOnlyAndSaysWhy) {
  TestPeer innocent = connect();
  innocent.send(wholeRequest(1, true));
  RecordingResponder& other = awaitRequest();

  TestPeer guilty = connect();
  guilty.send(GetParam().bytes);
  guilty.readToEnd();
  EXPECT_TRUE(log_.has("connection 2: closed: the web server sent "));
  EXPECT_TRUE(log_.has(GetParam().in_log)) << testing::PrintToString(log_.all());
  onLoop([&] {
    for (std::size_t i = 1; i < requests_.size(); ++i) EXPECT_EQ(requests_[i]->clients_gone, 1);
    other.answer("unharmed");
  });
  EXPECT_TRUE(
      streamOf(innocent.readUntil(FCGI_END_REQUEST, 1), FCGI_STDOUT, 1).ends_with("unharmed"));
  EXPECT_EQ(onLoop([&] { return listener_->connections(); }), 1U);
}

std::string manyParams(std::size_t count) {
  std::string pairs;
  for (std::size_t i = 0; i < count; ++i) appendPair(pairs, "N" + std::to_string(i), "v");
  return rawRecord(FCGI_PARAMS, 1, pairs) + rawRecord(FCGI_PARAMS, 1);
}

std::string bigParams(std::size_t bytes) {
  std::string pairs;
  appendPair(pairs, "BIG", std::string(bytes - 8, 'b'));
  std::string records;
  for (std::size_t at = 0; at < pairs.size(); at += 60'000) {
    records += rawRecord(FCGI_PARAMS, 1, std::string_view(pairs).substr(at, 60'000));
  }
  return records + rawRecord(FCGI_PARAMS, 1);
}

const FcgiLimits kLimits;

INSTANTIATE_TEST_SUITE_P(
    Each, FcgiMalformed,
    testing::Values(
        MalformedCase{"Version", rawRecord(FCGI_GET_VALUES, 0, "", 0, 2), "version 1"},
        MalformedCase{"HttpRequest", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "version 1"},
        MalformedCase{"VersionLater",
                      wholeRequest(1, true) + rawRecord(FCGI_ABORT_REQUEST, 1, "", 0, 0),
                      "version 1"},
        MalformedCase{"ShortBegin", rawRecord(FCGI_BEGIN_REQUEST, 1, "1234567"),
                      "FCGI_BEGIN_REQUEST of 7 bytes"},
        MalformedCase{"LongBegin", rawRecord(FCGI_BEGIN_REQUEST, 1, "123456789"),
                      "FCGI_BEGIN_REQUEST of 9 bytes"},
        MalformedCase{"BeginTwice", beginRequest(6, true) + beginRequest(6, true),
                      "request id 6, which is still active"},
        MalformedCase{"BeginWhileAnswered", wholeRequest(6, true) + beginRequest(6, true),
                      "request id 6, which is still active"},
        MalformedCase{"ParamsCutShort",
                      beginRequest(1, true) + rawRecord(FCGI_PARAMS, 1, "\4\5NAMEvalu") +
                          rawRecord(FCGI_PARAMS, 1),
                      "cut short"},
        MalformedCase{"ParamsAfterTheirEnd",
                      beginRequest(1, true) + paramsOf(1, {{"A", "B"}}) + paramsOf(1, {{"C", "D"}}),
                      "FCGI_PARAMS after their end"},
        MalformedCase{"TooManyParams", beginRequest(1, true) + manyParams(kLimits.params_pairs + 1),
                      "more than 1000 FCGI_PARAMS"},
        MalformedCase{"TooLongParams", beginRequest(1, true) + bigParams(kLimits.params_bytes + 1),
                      "FCGI_PARAMS of more than 131072 bytes"},
        MalformedCase{"StdinAfterItsEnd",
                      wholeRequest(1, true, "/", "body") + rawRecord(FCGI_STDIN, 1, "more"),
                      "FCGI_STDIN after its end"},
        MalformedCase{"GetValuesCutShort", rawRecord(FCGI_GET_VALUES, 0, "\x10"), "cut short"}),
    [](const auto& info) { return info.param.name; });

TEST_F(FcgiConnectionTest, TakesParamsUpToItsLimits) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) + manyParams(kLimits.params_pairs) + rawRecord(FCGI_STDIN, 1));
  RecordingResponder& many = awaitRequest(0);
  onLoop([&] {
    EXPECT_EQ(many.request->params.size(), kLimits.params_pairs);
    many.answer("");
  });
  peer.send(beginRequest(1, true) + bigParams(kLimits.params_bytes) + rawRecord(FCGI_STDIN, 1));
  RecordingResponder& big = awaitRequest(1);
  onLoop([&] {
    EXPECT_EQ(big.request->params.get("BIG").size(), kLimits.params_bytes - 8);
    big.answer("");
  });
}

TEST_F(FcgiConnectionTest, SaysThatAServerLeftInTheMiddleOfARecord) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true).substr(0, 12));
  peer.close();
  ASSERT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
  EXPECT_TRUE(log_.has("in the middle of a record"));
}

TEST_F(FcgiConnectionTest, SaysNothingWhereAServerLeavesBetweenRecords) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.answer("x"); });
  peer.readUntil(FCGI_END_REQUEST, 1);
  peer.close();
  ASSERT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
  EXPECT_THAT(log_.all(), IsEmpty());
}

TEST_F(FcgiConnectionTest, TellsTheResponderThatTheClientLeft) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true) + wholeRequest(2, true) + beginRequest(3, true));
  awaitRequest(1);
  peer.close();
  ASSERT_TRUE(thread_.waitUntil(
      [&] { return requests_[0]->clients_gone == 1 && requests_[1]->clients_gone == 1; }));
  // Answering is harmless, and tells nobody anything.
  onLoop([&] {
    requests_[0]->answer(pattern(1'000'000));
    requests_[1]->request->reportError("x");
    requests_[1]->request->onBodyTaken();
    EXPECT_TRUE(requests_[1]->request->flush());
    requests_[1]->cut();
    EXPECT_EQ(requests_[0]->clients_gone, 1);
  });
}

TEST_F(FcgiConnectionTest, TellsTheResponderThatTheClientLeftInTheMiddleOfTheBody) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, false) + paramsOf(1, {{"CONTENT_LENGTH", "100"}}) +
            rawRecord(FCGI_STDIN, 1, "part"));
  RecordingResponder& responder = awaitRequest();
  peer.close();
  ASSERT_TRUE(thread_.waitUntil([&] { return responder.clients_gone == 1; }));
  EXPECT_FALSE(onLoop([&] { return responder.complete; }));
}

TEST_F(FcgiConnectionTest, TellsTheResponderThatTheClientLeftWhileTheAnswerIsWritten) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.request->start({200, "OK", {}}); });
  peer.close();
  ASSERT_TRUE(thread_.waitUntil([&] {
    if (responder.clients_gone == 0) writeChunk(*responder.request, "is anybody there?");
    return responder.clients_gone == 1;
  }));
}

TEST_F(FcgiConnectionTest, ReadsNoMoreBodyThanTheWindow) {
  take_bodies_ = false;
  const std::string body = pattern(8 * 1024 * 1024);
  const std::string bytes = stdinOf(1, body);
  TestPeer peer = connect();
  peer.send(beginRequest(1, false) + paramsOf(1, {{"REQUEST_METHOD", "PUT"}}));
  RecordingResponder& responder = awaitRequest();
  std::size_t sent = 0;
  for (std::size_t more = 1; more > 0;) {
    thread_.settle();
    more = peer.sendWhatFits(std::string_view(bytes).substr(sent));
    sent += more;
  }
  ASSERT_LT(sent, bytes.size()) << "nothing held the web server back";
  onLoop([&] {
    EXPECT_GE(responder.request->body.size(), Request::kBodyWindowBytes);
    EXPECT_LE(responder.request->body.size(), 2 * Request::kBodyWindowBytes);
    responder.takes_body = true;
    responder.onBody();
  });
  ASSERT_TRUE(peer.send(std::string_view(bytes).substr(sent)));
  ASSERT_TRUE(thread_.waitUntil([&] { return responder.complete; }));
  EXPECT_TRUE(onLoop([&] { return responder.body == body; }));
}

TEST_F(FcgiConnectionTest, LetsOthersOnTheConnectionGoOnBesideABodyThatNobodyTakes) {
  take_bodies_ = false;
  const std::string body = pattern(8 * 1024 * 1024);
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) + paramsOf(1, {{"REQUEST_URI", "/slow"}}) +
            beginRequest(2, true));
  RecordingResponder& slow = awaitRequest(0);
  ASSERT_TRUE(peer.send(stdinOf(1, body)));
  ASSERT_TRUE(peer.send(paramsOf(2, {{"REQUEST_URI", "/other"}}) + rawRecord(FCGI_STDIN, 2)));
  RecordingResponder& other = awaitRequest(1);
  onLoop([&] {
    EXPECT_EQ(slow.request->body.size(), body.size());
    other.answer("other");
  });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 2).back(), endRecord(2));
  onLoop([&] {
    slow.takes_body = true;
    slow.onBody();
    EXPECT_TRUE(slow.body == body);
    EXPECT_TRUE(slow.complete);
    slow.answer("slow");
  });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
}

TEST_F(FcgiConnectionTest, NoticesThatTheClientLeftWhileItReadsNothing) {
  take_bodies_ = false;
  TestPeer peer = connect();
  peer.send(beginRequest(1, false) + paramsOf(1, {}) +
            stdinOf(1, std::string(Request::kBodyWindowBytes, 'x')));
  RecordingResponder& responder = awaitRequest();
  ASSERT_TRUE(thread_.waitUntil(
      [&] { return responder.request->body.size() >= Request::kBodyWindowBytes; }));
  peer.close();
  EXPECT_TRUE(thread_.waitUntil([&] { return responder.clients_gone == 1; }));
}

TEST_F(FcgiConnectionTest, HoldsTheResponderBackWhileTheClientDoesNotRead) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  const std::string piece = pattern(50'000);
  std::string expected = "Status: 200 OK\r\n\r\n";
  onLoop([&] {
    responder.request->start({200, "OK", {}});
    std::vector<std::byte> chunk(Request::kHeadroomBytes + piece.size());
    bool more = true;
    for (int i = 0; i < 1000 && more; ++i) {
      std::memcpy(chunk.data() + Request::kHeadroomBytes, piece.data(), piece.size());
      responder.request->write(std::span(chunk).subspan(Request::kHeadroomBytes));
      more = responder.request->flush();
      expected += piece;
    }
    EXPECT_FALSE(more) << "50 MB for a client that reads nothing";
    EXPECT_LT(expected.size(), 4 * 1024 * 1024U);
  });
  thread_.settle();
  EXPECT_EQ(onLoop([&] { return responder.answers_taken; }), 0);
  std::string received;
  while (onLoop([&] { return responder.answers_taken; }) == 0) {
    const auto record = peer.readRecord();
    ASSERT_TRUE(record);
    received += record->content;
  }
  onLoop([&] {
    EXPECT_TRUE(responder.request->flush());
    responder.finish();
  });
  received += streamOf(peer.readUntil(FCGI_END_REQUEST, 1), FCGI_STDOUT, 1);
  EXPECT_TRUE(received == expected);
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(FcgiConnectionTest, SendsAllOfAnAnswerThatIsFinishedBeforeItIsTaken) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  const std::string text = pattern(3'000'000);
  onLoop([&] { responder.answer(text); });
  EXPECT_TRUE(streamOf(peer.readUntil(FCGI_END_REQUEST, 1), FCGI_STDOUT, 1) ==
              "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n" + text);
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(FcgiConnectionTest, AsksNothingMoreOfAServerThatTakesNoAnswers) {
  const std::string question =
      rawRecord(FCGI_GET_VALUES, 0, encodedPairs({{FCGI_MAX_CONNS, ""}, {FCGI_MAX_REQS, ""}}));
  std::string questions;
  for (int i = 0; i < 5000; ++i) questions += question;
  TestPeer peer = connect();
  std::size_t sent = 0;
  for (std::size_t more = 1; more > 0 && sent < 100'000'000;) {
    // From the same place in the record each time.
    more = peer.sendWhatFits(std::string_view(questions).substr(sent % question.size()));
    sent += more;
    thread_.settle();
  }
  EXPECT_LT(sent, 20'000'000U) << "answers pile up without limit";
  // It goes on when they are taken.
  const std::size_t whole = sent / question.size();
  for (std::size_t i = 0; i < whole; ++i) {
    ASSERT_EQ(peer.readRecord()->type, unsigned{FCGI_GET_VALUES_RESULT});
  }
}

TEST_F(FcgiConnectionTest, LetsTheAnswerThroughWhereTheBodyIsNotRead) {
  const std::string text = pattern(600'000);
  const std::string rest = stdinOf(1, std::string(4'000'000, 'u'));
  TestPeer peer = connect();
  peer.send(beginRequest(1, false) + paramsOf(1, {{"CONTENT_LENGTH", "5000000"}}));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.answer(text, 413); });
  // A web server that first sends all, then reads.
  EXPECT_TRUE(peer.send(rest));
  const auto records = peer.readUntil(FCGI_END_REQUEST, 1);
  EXPECT_TRUE(streamOf(records, FCGI_STDOUT, 1).ends_with(text));
  ASSERT_FALSE(records.empty());
  EXPECT_EQ(records.back(), endRecord(1));
  EXPECT_TRUE(peer.atEnd()) << "our side ends with the answer";
  EXPECT_EQ(onLoop([&] { return listener_->connections(); }), 1U) << "it still reads";
  peer.close();
  EXPECT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(FcgiConnectionTest, KeepsTheConnectionThoughTheBodyWasNotAllReadWhenTheAnswerEnded) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) + paramsOf(1, {{"CONTENT_LENGTH", "9"}}) +
            rawRecord(FCGI_STDIN, 1, "part"));
  RecordingResponder& first = awaitRequest();
  onLoop([&] { first.answer("early"); });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  peer.send(stdinOf(1, "later") + wholeRequest(1, true, "/next", "its own"));
  RecordingResponder& second = awaitRequest(1);
  onLoop([&] {
    EXPECT_EQ(second.uri(), "/next");
    EXPECT_EQ(second.body, "its own");
    second.answer("x");
  });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
}

TEST_F(FcgiConnectionTest, EndsACutAnswerInWhatIsNoRecord) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] {
    responder.request->start({200, "OK", {}});
    writeChunk(*responder.request, "half of");
    responder.cut();
  });
  // No record at the end: nginx would take a mere end of the connection for that of the answer.
  EXPECT_EQ(peer.readToEnd(), rawRecord(FCGI_STDOUT, 1, "Status: 200 OK\r\n\r\n") +
                                  rawRecord(FCGI_STDOUT, 1, "half of") + std::string(8, '\0'));
}

TEST_F(FcgiConnectionTest, ShowsACutAnswerByItsStatusWhereOthersShareTheConnection) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false) + wholeRequest(2, false));
  awaitRequest(1);
  onLoop([&] {
    requests_[0]->request->start({200, "OK", {}});
    writeChunk(*requests_[0]->request, "half of");
    requests_[0]->cut();
  });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1, FCGI_REQUEST_COMPLETE, 1));
  onLoop([&] { requests_[1]->answer("whole"); });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 2).back(), endRecord(2));
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(FcgiConnectionTest, GivesEveryRequestAnIdOfItsOwn) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true) + wholeRequest(2, true));
  awaitRequest(1);
  onLoop([&] {
    EXPECT_FALSE(requests_[0]->request->id.empty());
    EXPECT_NE(requests_[0]->request->id, requests_[1]->request->id);
  });
}

// --- a web server that does not take its answers ---

TEST_F(FcgiConnectionTest, CutsWhoeverDoesNotTakeTheAnswer) {
  limits_.send_time = 100ms;
  listen(kConnections);
  TestPeer slow = connect();
  slow.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] {
    responder.request->start({200, "OK", {}});
    const std::string chunk(Request::kMaxChunkBytes, 'x');
    for (int i = 0; i < 100; ++i) writeChunk(*responder.request, chunk);
  });
  ASSERT_TRUE(thread_.waitUntil([&] { return responder.clients_gone == 1; }));
  EXPECT_TRUE(log_.has("request " + responder.request->id + ": cut: its client took 0 bytes"));
  EXPECT_TRUE(log_.has("server.send_timeout"));
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.rest.end, RequestEnd::kCut);
  EXPECT_LT(finish.rest.body_bytes, 100 * Request::kMaxChunkBytes) << "what never went out counts";
}

TEST_F(FcgiConnectionTest, CutsWhoeverDoesNotTakeAnAnswerThatIsComplete) {
  limits_.send_time = 100ms;
  listen(kConnections);
  TestPeer slow = connect();
  slow.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.answer(pattern(5'000'000)); });
  EXPECT_EQ(awaitFinishes(1).front().rest.end, RequestEnd::kCut);
  EXPECT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(FcgiConnectionTest, CutsWhoeverTakesTooLittle) {
  limits_.send_time = 200ms;
  limits_.least_bytes = 100'000'000;  // more than is read below in any 200 ms
  listen(kConnections);
  TestPeer slow = connect();
  slow.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.answer(pattern(5'000'000)); });
  char some[4096];
  while (::recv(slow.handle(), some, sizeof some, 0) > 0) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(awaitFinishes(1).front().rest.end, RequestEnd::kCut);
}

TEST_F(FcgiConnectionTest, GivesTimeToWhoeverKeepsTaking) {
  limits_.send_time = 2s;  // longer than a busy machine lets us wait for our turn
  limits_.least_bytes = 1;
  listen(kConnections);
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  RecordingResponder& responder = awaitRequest();
  const std::string text = pattern(4'000'000);
  onLoop([&] { responder.answer(text); });
  std::string received;
  while (const auto record = peer.readRecord()) {
    std::this_thread::sleep_for(100ms);  // 62 records: three times the limit
    if (record->type == FCGI_STDOUT) received += record->content;
  }
  EXPECT_TRUE(received.ends_with(text));
  EXPECT_EQ(awaitFinishes(1).front().rest.end, RequestEnd::kFinished);
}

/// The buffers between the two take nothing more until a large part of them is free.
TEST_F(FcgiConnectionTest, GivesTimeToWhoeverReadsSteadilyWhatTheBuffersHold) {
  limits_.send_time = 1500ms;
  listen(kConnections);
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { responder.answer(pattern(2'000'000)); });
  std::size_t taken = 0;
  const auto begin = std::chrono::steady_clock::now();
  // The kernel frees pieces of up to 48 KiB.
  std::vector<char> some(6 * 1024);
  while (std::chrono::steady_clock::now() - begin < 5s) {
    const auto count = ::recv(peer.handle(), some.data(), some.size(), 0);
    ASSERT_GT(count, 0) << "cut after " << taken << " bytes";
    taken += static_cast<std::size_t>(count);
    std::this_thread::sleep_for(25ms);
  }
  EXPECT_FALSE(log_.has("cut: its client took"));
}

TEST_F(FcgiConnectionTest, LetsAnIdleConnectionBeThoughItOnceTookLong) {
  limits_.send_time = 1s;
  listen(kConnections);
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true));
  onLoop([&, &responder = awaitRequest()] { responder.answer(pattern(3'000'000)); });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  std::this_thread::sleep_for(2200ms);  // its timer, if one was left, fired
  EXPECT_EQ(onLoop([&] { return listener_->connections(); }), 1U);
  peer.send(wholeRequest(2, true));
  onLoop([&, &responder = awaitRequest(1)] { responder.answer("still there"); });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 2).back(), endRecord(2));
}

// --- what is told of finished requests ---

TEST_F(FcgiConnectionTest, TellsWhatBecameOfARequestOnceItsAnswerIsOut) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) +
            paramsOf(1, {{"REQUEST_METHOD", "GET"}, {"REQUEST_URI", "/a?b"}}) +
            rawRecord(FCGI_STDIN, 1));
  RecordingResponder& responder = awaitRequest();
  const std::string id = responder.request->id;
  const std::string text = pattern(3'000'000);
  onLoop([&] {
    responder.request->trail.worker = 77;
    responder.answer(text, 404);
    EXPECT_TRUE(finishes_.all.empty()) << "most of it is still here";
  });
  EXPECT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.id, id);
  EXPECT_EQ(finish.method, "GET");
  EXPECT_EQ(finish.uri, "/a?b");
  EXPECT_EQ(finish.rest.status, 404);
  EXPECT_EQ(finish.rest.body_bytes, text.size());
  EXPECT_EQ(finish.rest.worker, 77);
  EXPECT_EQ(finish.rest.end, RequestEnd::kFinished);
  EXPECT_GT(finish.rest.sending.count(), 0);
}

TEST_F(FcgiConnectionTest, TellsOfEachRequestThatSharesAConnection) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true, "/one") + wholeRequest(2, true, "/two") +
            wholeRequest(3, true, "/three") + wholeRequest(4, true, "/four"));
  awaitRequest(3);
  onLoop([&] {
    requests_[1]->answer("two");
    requests_[0]->request->start({200, "OK", {}});
    requests_[0]->cut();
  });
  peer.send(rawRecord(FCGI_ABORT_REQUEST, 3));
  peer.readUntil(FCGI_END_REQUEST, 3);
  peer.close();
  std::vector<std::pair<std::string, RequestEnd>> ends;
  for (const SeenFinish& finish : awaitFinishes(4)) ends.emplace_back(finish.uri, finish.rest.end);
  EXPECT_THAT(ends, ElementsAre(std::pair("/two", RequestEnd::kFinished),
                                std::pair("/one", RequestEnd::kCut),
                                std::pair("/three", RequestEnd::kClientLeft),
                                std::pair("/four", RequestEnd::kClientLeft)));
}

TEST_F(FcgiConnectionTest, TellsOfAClientThatLeftBeforeItHadTakenItsAnswer) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false));
  onLoop([&, &responder = awaitRequest()] { responder.answer(pattern(5'000'000)); });
  ASSERT_TRUE(peer.readRecord());
  peer.close();
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.rest.end, RequestEnd::kClientLeft);
  EXPECT_LT(finish.rest.body_bytes, 5'000'000U);
}

TEST_F(FcgiConnectionTest, TellsOfARequestWhoseBodyIsTooLarge) {
  limits_.body.total_bytes = 10;
  listen(kConnections);
  TestPeer peer = connect();
  peer.send(wholeRequest(1, false, "/up", "more than ten bytes"));
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.rest.status, 413);
  EXPECT_EQ(finish.rest.end, RequestEnd::kFinished);
}

TEST_F(FcgiConnectionTest, TellsNothingOfWhatNeverBecameARequest) {
  TestPeer peer = connect();
  peer.send(beginRequest(1, true) + rawRecord(FCGI_PARAMS, 1, "half"));
  thread_.settle();
  peer.close();
  ASSERT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
  EXPECT_TRUE(onLoop([&] { return finishes_.all.empty(); }));
}

}  // namespace
}  // namespace holdfast
