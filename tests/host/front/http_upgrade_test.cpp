#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/host/front/http_fixture.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::StartsWith;

constexpr const char* kUpgrade =
    "GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/// A request whose connection is taken over.
class HttpUpgradeTest : public HttpTest {
 protected:
  ~HttpUpgradeTest() override {
    thread_.call([this] { taken_ = {}; });
  }

  void takeOver(std::size_t index = 0) {
    RecordingResponder& responder = awaitRequest(index);
    thread_.call([&] {
      EXPECT_TRUE(responder.request->canUpgrade());
      const auto request = responder.release();
      request->trail.status = 101;
      taken_ = request->takeOver();
      EXPECT_FALSE(request->canUpgrade());
      EXPECT_FALSE(request->takeOver().socket);
    });
  }

  bool canUpgrade(std::string_view text) {
    const std::size_t index = asked_++;
    peers_.push_back(ask(text));
    RecordingResponder& responder = awaitRequest(index);
    return thread_.call([&] { return responder.request->canUpgrade(); });
  }

  Upgraded taken_;  ///< the loop's thread's
  std::size_t asked_ = 0;
  std::vector<TestPeer> peers_;
};

TEST_F(HttpUpgradeTest, GivesTheConnectionAwayWithNothingSentOnIt) {
  TestPeer peer = ask(kUpgrade);
  takeOver();
  ASSERT_TRUE(taken_.socket);
  EXPECT_EQ(taken_.leftover, "");
  EXPECT_EQ(thread_.call([this] { return front_->unfinished(); }), 0U);
  const std::string text = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
  thread_.call([&] {
    taken_.socket.write(std::as_bytes(std::span(text)));
    taken_.socket.close();
  });
  EXPECT_EQ(peer.readToEnd(), text);
}

TEST_F(HttpUpgradeTest, WhatIsBehindTheHeadBelongsToTheTaker) {
  TestPeer peer = ask(std::string(kUpgrade) + "bytes\r\n\r\nbehind" + kGet);
  takeOver();
  EXPECT_EQ(taken_.leftover, std::string("bytes\r\n\r\nbehind") + kGet);
  ASSERT_TRUE(peer.send("more"));
  std::byte buffer[16];
  EXPECT_TRUE(thread_.waitUntil([&] { return taken_.socket.read(buffer).bytes == 4; }));
  EXPECT_EQ(delivered(), 1U);
}

TEST_F(HttpUpgradeTest, IsToldAsFinished) {
  TestPeer peer = ask(kUpgrade);
  takeOver();
  const auto finishes = awaitFinishes(1);
  EXPECT_EQ(finishes[0].rest.status, 101);
  EXPECT_EQ(finishes[0].rest.end, RequestEnd::kFinished);
}

TEST_F(HttpUpgradeTest, HasNoLimitsOfOursAnyMore) {
  limits_.connections = 1;
  limits_.head_time = limits_.idle_time = 1ms;
  TestPeer peer = ask(kUpgrade);
  takeOver();
  // Another one has all the room that there is.
  TestPeer other = ask(kGetAndClose);
  answer(1, "hello");
  EXPECT_THAT(other.readToEnd(), StartsWith("HTTP/1.1 200 "));
  thread_.call([this] {
    front_->drain();
    front_.reset();
  });
  EXPECT_FALSE(peer.readable(0));
  thread_.call([this] { taken_.socket.close(); });
  EXPECT_TRUE(peer.atEnd());
}

TEST_F(HttpUpgradeTest, ComesAfterOtherRequestsOnTheConnection) {
  TestPeer peer = ask(std::string(kGet) + kUpgrade + "behind");
  answer(0, "hello");
  takeOver(1);
  EXPECT_EQ(taken_.leftover, "behind");
  thread_.call([this] { taken_.socket.close(); });
  EXPECT_THAT(peer.readToEnd(), testing::EndsWith("\r\n5\r\nhello\r\n0\r\n\r\n"));
}

TEST_F(HttpUpgradeTest, IsForARequestOfHttp11WithoutABody) {
  EXPECT_TRUE(canUpgrade(kUpgrade));
  EXPECT_TRUE(canUpgrade("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(canUpgrade("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_FALSE(canUpgrade("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"));
  EXPECT_FALSE(
      canUpgrade("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
}

TEST_F(HttpUpgradeTest, IsNotForAnAnswerThatHasBegunOrAClientThatLeft) {
  TestPeer begun = ask(kUpgrade);
  RecordingResponder& first = awaitRequest();
  thread_.call([&] {
    first.request->start({});
    EXPECT_FALSE(first.request->canUpgrade());
  });
  TestPeer left = ask(kUpgrade);
  RecordingResponder& second = awaitRequest(1);
  left.close();
  EXPECT_TRUE(thread_.waitUntil([&] { return second.clients_gone == 1; }));
  thread_.call([&] {
    EXPECT_FALSE(second.request->canUpgrade());
    EXPECT_FALSE(second.request->takeOver().socket);
  });
}

}  // namespace
}  // namespace holdfast
