#include "host/front/http_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/host/front/http_fixture.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST_F(HttpTest, AnswersInChunks) {
  TestPeer peer = ask(kGetAndClose);
  answer(0, "hello");
  const std::string all = peer.readToEnd();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: "));
  EXPECT_THAT(all, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(all, EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
}

TEST_F(HttpTest, EndsAnAnswerToHttp10ByTheEndOfTheConnection) {
  TestPeer peer = ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  answer(0, "hello");
  EXPECT_THAT(peer.readToEnd(), EndsWith("\r\n\r\nhello"));
}

TEST_F(HttpTest, ServesRequestsThatWereSentAhead) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += kGet;
  TestPeer peer = ask(many + kGetAndClose);
  for (std::size_t i = 0; i <= 200; ++i) answer(i, std::to_string(i));
  const std::string all = peer.readToEnd();
  std::size_t at = 0;
  for (int i = 0; i <= 200; ++i) {
    at = all.find("\r\n" + std::to_string(i) + "\r\n0\r\n\r\n", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpTest, TakesAHeadByteByByte) {
  TestPeer peer = connect();
  for (const char c : std::string_view("\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n")) {
    ASSERT_TRUE(peer.send({&c, 1}));
  }
  EXPECT_EQ(awaitRequest().uri(), "/x");
}

TEST_F(HttpTest, DeliversASmallBodyWhole) {
  TestPeer peer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_EQ(delivered(), 0U);
  ASSERT_TRUE(peer.send("def"));
  EXPECT_TRUE(awaitRequest().complete_at_delivery);
  EXPECT_EQ(awaitRequest().body, "abcdef");
}

TEST_F(HttpTest, DeliversAChunkedBodyAndTheRequestBehindIt) {
  TestPeer peer =
      ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
          std::string(kGetAndClose));
  EXPECT_EQ(awaitRequest().body, "abc");
  answer(0, "one");
  answer(1, "two");
  EXPECT_THAT(peer.readToEnd(), EndsWith("two\r\n0\r\n\r\n"));
}

TEST_F(HttpTest, DeliversALargeBodyWhole) {
  const std::string part(BodyLimits{}.memory_bytes, 'p');
  TestPeer peer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2097152\r\n\r\n" + part);
  EXPECT_EQ(delivered(), 0U) << "a client that sends no more would hold a worker";
  ASSERT_TRUE(peer.send(part));
  EXPECT_TRUE(awaitRequest().complete_at_delivery);
  EXPECT_EQ(awaitRequest().body, part + part);
}

TEST_F(HttpTest, TellsTheLengthOfAChunkedBody) {
  TestPeer peer =
      ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(awaitRequest().request->params.get("CONTENT_LENGTH"), "3");
}

TEST_F(HttpTest, SaysContinueOnlyWhereTheBodyIsWaitedFor) {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\n"
      "Content-Length: 3\r\n\r\n";
  TestPeer waits = ask(head);
  ASSERT_TRUE(waits.readable(10'000));
  ASSERT_TRUE(waits.send("abc"));
  answer(0, "done");
  EXPECT_THAT(waits.readToEnd(), StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  TestPeer does_not = ask(head + "abc");
  answer(1, "done");
  EXPECT_THAT(does_not.readToEnd(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpTest, RefusesWithTheStatusThatSaysWhy) {
  limits_.head_bytes = 30'000;
  limits_.body.total_bytes = 100;
  std::string many;
  for (int i = 0; i < 150; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(31'000, 'x') + "\r\n\r\n", "431"},
      {"GET / HTTP/1.1\r\nHost: h\r\n" + many + "\r\n", "431"},
      {"GET /" + std::string(17'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
      {"GET /" + std::string(40'000, 'x'), "431"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n", "413"},
      {chunked + "65\r\n" + std::string(101, 'x') + "\r\n", "413"},
      {chunked + "zz\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n", "417"},
  };
  for (const auto& [sent, status] : cases) {
    SCOPED_TRACE(sent.substr(0, 80));
    TestPeer peer = ask(sent);
    const std::string all = peer.readToEnd();
    EXPECT_THAT(all, StartsWith("HTTP/1.1 " + status + ' '));
    EXPECT_THAT(all, HasSubstr("\r\nConnection: close\r\n"));
  }
  EXPECT_EQ(delivered(), 0U);
}

TEST_F(HttpTest, ShutsWhoeverSendsNoCompleteHead) {
  EXPECT_EQ(limits_.head_time, 10s) << "what README says";
  limits_.head_time = 100ms;
  TestPeer silent = connect();
  TestPeer half = ask("GET / HT");
  EXPECT_TRUE(silent.atEnd());
  EXPECT_THAT(half.readToEnd(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpTest, AHeadThatDripsGetsNoMoreTime) {
  limits_.head_time = 300ms;
  TestPeer peer = ask("GET / HTTP/1.1\r\n");
  const auto begin = std::chrono::steady_clock::now();
  while (!peer.readable(20) && std::chrono::steady_clock::now() - begin < kTestDeadline) {
    ASSERT_TRUE(peer.send("X: y\r\n"));
  }
  EXPECT_THAT(peer.readToEnd(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpTest, SaysWhomItAnsweredByItself) {
  EXPECT_THAT(ask("nonsense\r\n\r\n").readToEnd(), StartsWith("HTTP/1.1 400 "));
  EXPECT_TRUE(log_.has("the client 127.0.0.1 was answered 400: "));
  EXPECT_THAT(ask("nonsense\r\n\r\n").readToEnd(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(log_.all().size(), 1U) << "not a line each";
}

TEST_F(HttpTest, ShutsWhoeverSendsTheBodyTooSlowly) {
  limits_.body_time = 100ms;
  limits_.least_bytes = 1000;
  TestPeer peer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\nx");
  EXPECT_THAT(peer.readToEnd(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(delivered(), 0U);
}

TEST_F(HttpTest, GivesTimeToWhoeverKeepsSending) {
  limits_.body_time = 2s;
  limits_.least_bytes = 10;
  TestPeer peer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n");
  for (int i = 0; i < 20; ++i) {  // for longer than that
    ASSERT_TRUE(peer.send(std::string(100, 'x')));
    std::this_thread::sleep_for(125ms);
  }
  EXPECT_EQ(awaitRequest().body.size(), 2000U);
}

TEST_F(HttpTest, CutsWhoeverDoesNotTakeTheAnswer) {
  limits_.send_time = 200ms;
  TestPeer peer = ask(kGet);
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    responder.request->start({});
    const std::string chunk(Request::kMaxChunkBytes, 'x');
    for (int i = 0; i < 200; ++i) writeChunk(*responder.request, chunk);
  });
  EXPECT_TRUE(thread_.waitUntil([&] { return responder.clients_gone == 1; }));
  EXPECT_TRUE(log_.has("did not take its answer in time"));
  EXPECT_TRUE(log_.has("server.send_timeout"));
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.rest.end, RequestEnd::kCut);
  EXPECT_LT(finish.rest.body_bytes, 200 * Request::kMaxChunkBytes) << "what never went out counts";
}

TEST_F(HttpTest, CutsWhoeverDoesNotTakeAnAnswerThatIsComplete) {
  limits_.send_time = 200ms;
  TestPeer peer = ask(kGet);
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] { responder.answer(std::string(10'000'000, 'x')); });
  EXPECT_EQ(awaitFinishes(1).front().rest.end, RequestEnd::kCut);
  EXPECT_TRUE(log_.has("request " + finishes_.all.front().id + ": cut: the client 127.0.0.1"));
}

/// The buffers between the two take nothing more until a large part of them is free.
TEST_F(HttpTest, GivesTimeToWhoeverReadsSteadilyWhatTheBuffersHold) {
  limits_.send_time = 1500ms;
  TestPeer peer = ask(kGet);
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] { responder.answer(std::string(30'000'000, 'x')); });
  std::size_t taken = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<char> some(8 * 1024);
  while (std::chrono::steady_clock::now() - begin < 5s) {
    const auto count = ::recv(peer.handle(), some.data(), some.size(), 0);
    ASSERT_GT(count, 0) << "cut after " << taken << " bytes";
    taken += static_cast<std::size_t>(count);
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_LT(taken, 2'000'000U) << "of what the buffers hold";
  EXPECT_FALSE(log_.has("did not take its answer in time"));
}

TEST_F(HttpTest, TellsWhatBecameOfARequestOnceItsAnswerIsOut) {
  TestPeer peer = ask("POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  awaitRequest();
  EXPECT_TRUE(thread_.call([&] { return finishes_.all.empty(); }));
  answer(0, "hello");
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.method, "POST");
  EXPECT_EQ(finish.uri, "/a?b=c");
  EXPECT_EQ(finish.rest.status, 200);
  EXPECT_EQ(finish.rest.body_bytes, 5U) << "framing is no body";
  EXPECT_EQ(finish.rest.worker, 0);
  EXPECT_EQ(finish.rest.end, RequestEnd::kFinished);
  // The connection goes on, and the next one is told on its own.
  ASSERT_TRUE(peer.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n"));
  answer(1, "not sent");
  const SeenFinish second = awaitFinishes(2).back();
  EXPECT_EQ(second.method, "HEAD");
  EXPECT_EQ(second.rest.body_bytes, 0U);
  EXPECT_NE(second.id, finish.id);
}

TEST_F(HttpTest, TellsOfAnAnswerThatIsCut) {
  TestPeer peer = ask(kGet);
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    responder.request->start({});
    writeChunk(*responder.request, "half of");
    responder.cut();
  });
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.rest.end, RequestEnd::kCut);
  EXPECT_EQ(finish.rest.body_bytes, 7U);
}

TEST_F(HttpTest, TellsOfAClientThatLeft) {
  TestPeer peer = ask(kGet);
  awaitRequest();
  peer.close();
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.rest.end, RequestEnd::kClientLeft);
  EXPECT_EQ(finish.rest.status, 0);
}

TEST_F(HttpTest, TellsOfARequestThatItRefuses) {
  limits_.body.total_bytes = 10;
  TestPeer peer = ask("POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
  EXPECT_THAT(peer.readToEnd(), StartsWith("HTTP/1.1 413 "));
  const SeenFinish finish = awaitFinishes(1).front();
  EXPECT_EQ(finish.uri, "/up");
  EXPECT_EQ(finish.rest.status, 413);
  EXPECT_EQ(finish.rest.end, RequestEnd::kFinished);
}

TEST_F(HttpTest, PausesAnAppWhoseClientTakesNothing) {
  limits_.spool_bytes = 10'000'000;
  TestPeer peer = ask(kGetAndClose);
  RecordingResponder& responder = awaitRequest();
  std::size_t written = 0;
  thread_.call([&] {
    responder.request->start({});
    const std::string chunk(Request::kMaxChunkBytes, 'x');
    do {
      writeChunk(*responder.request, chunk);
      written += chunk.size();
    } while (responder.request->flush() && written < 100'000'000);
  });
  EXPECT_LT(written, 60'000'000U);
  EXPECT_GT(written, 10'000'000U) << "a slow client is to hold no worker";
  EXPECT_EQ(thread_.call([&] { return responder.answers_taken; }), 0);
  thread_.loop.post([&] { responder.finish(); });
  EXPECT_GT(peer.readToEnd().size(), written);
}

TEST_F(HttpTest, AClientForWhomTheAppWaitsMustTakeMore) {
  limits_.spool_bytes = 1'000'000;
  limits_.pace_time = 200ms;
  limits_.least_bytes = 0;
  TestPeer peer = ask(kGet);
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    responder.request->start({});
    const std::string chunk(Request::kMaxChunkBytes, 'x');
    while (responder.request->flush()) writeChunk(*responder.request, chunk);
  });
  EXPECT_TRUE(thread_.waitUntil([&] { return responder.clients_gone == 1; }));
}

TEST_F(HttpTest, ClosesAnIdleConnectionInTheEnd) {
  limits_.idle_time = 100ms;
  TestPeer peer = ask(kGet);
  answer(0, "hello");
  EXPECT_THAT(peer.readToEnd(), EndsWith("0\r\n\r\n"));
}

TEST_F(HttpTest, OldConnectionsThatWaitForTheirClientGiveWay) {
  std::vector<TestPeer> peers;
  for (std::size_t i = 0; i < limits_.connections_per_address; ++i) {
    peers.push_back(ask("GET / HT"));
  }
  thread_.settle();
  TestPeer ordinary = ask(kGetAndClose);
  answer(0, "hello");
  EXPECT_THAT(ordinary.readToEnd(), HasSubstr("hello"));
  EXPECT_TRUE(peers.front().atEnd());
  EXPECT_FALSE(peers.back().readable(0));
  EXPECT_TRUE(log_.has("HTTP connections from 127.0.0.1 are too many"));
}

TEST_F(HttpTest, RefusesOneAddressMoreThanItsShareWhereAllAreInUse) {
  std::vector<TestPeer> peers;
  for (std::size_t i = 0; i < limits_.connections_per_address; ++i) {
    peers.push_back(ask(kGet));
    awaitRequest(i);
  }
  TestPeer more = connect();
  EXPECT_THAT(more.readToEnd(), StartsWith("HTTP/1.1 503 "));
  thread_.call([this] { uncapped_ = true; });
  TestPeer proxy = ask(kGet);
  awaitRequest(peers.size());
}

TEST_F(HttpTest, TheAppLearnsThatItsClientLeft) {
  {
    TestPeer peer = ask(kGet);
    awaitRequest();
  }
  EXPECT_TRUE(thread_.waitUntil([this] { return requests_.front()->clients_gone == 1; }));
}

TEST_F(HttpTest, AClientMayEndItsSideAfterItsLastRequest) {
  TestPeer peer = ask(kGetAndClose);
  peer.endWriting();
  RecordingResponder& responder = awaitRequest();
  thread_.settle();
  EXPECT_EQ(thread_.call([&] { return responder.clients_gone; }), 0);
  const std::string text(3'000'000, 'x');
  answer(0, text);
  EXPECT_GT(peer.readToEnd().size(), text.size());
}

TEST_F(HttpTest, AClientThatMightAskMoreAndEndsItsSideHasLeft) {
  TestPeer peer = ask(kGet);
  awaitRequest();
  peer.endWriting();
  EXPECT_TRUE(thread_.waitUntil([this] { return requests_.front()->clients_gone == 1; }));
}

TEST_F(HttpTest, AnExpectationIsNoMatterWhereTheAnswerComesAtOnce) {
  answer_at_once_ = true;
  TestPeer peer =
      ask("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(peer.readToEnd(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpTest, AnAnswerThatIsCutHasNoLastChunk) {
  TestPeer peer = ask(kGet);
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    responder.request->start({});
    writeChunk(*responder.request, "part");
    responder.cut();
  });
  EXPECT_THAT(peer.readToEnd(), EndsWith("\r\n4\r\npart\r\n"));
}

TEST_F(HttpTest, AnAnswerThatIsCutIsAnErrorForHttp10) {
  TestPeer peer = ask("GET / HTTP/1.0\r\n\r\n");
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    responder.request->start({});
    writeChunk(*responder.request, "part");
    responder.cut();
  });
  peer.readToEnd();
  EXPECT_EQ(peer.lastError(), ECONNRESET);
}

TEST_F(HttpTest, ARefusalReachesAClientThatStillSends) {
  limits_.body.total_bytes = 1000;
  TestPeer peer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n");
  ASSERT_TRUE(peer.send(std::string(3'000'000, 'x')));
  EXPECT_THAT(peer.readToEnd(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpTest, DrainingRefusesWhatIsStillBeingSent) {
  TestPeer peer = ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  thread_.settle();
  thread_.call([this] { front_->drain(); });
  EXPECT_THAT(peer.readToEnd(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(HttpTest, DrainingEndsWhatIsIdleAndFinishesTheRest) {
  TestPeer idle = connect();
  TestPeer busy = ask(kGet);
  awaitRequest();
  thread_.call([this] { front_->drain(); });
  EXPECT_TRUE(idle.atEnd());
  EXPECT_EQ(thread_.call([this] { return front_->unfinished(); }), 1U);
  answer(0, "hello");
  EXPECT_THAT(busy.readToEnd(), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(thread_.call([this] { return front_->unfinished(); }), 0U);
}

}  // namespace
}  // namespace holdfast
