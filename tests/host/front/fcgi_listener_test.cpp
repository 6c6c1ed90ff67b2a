#include "host/front/fcgi_listener.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/host/front/fcgi_fixture.h"

namespace holdfast {
namespace {

class FcgiListenerTest : public FcgiFixture {
 protected:
  /// Connected, accepted and silent.
  TestPeer connectIdle() {
    TestPeer peer = connect();
    peer.send(rawRecord(FCGI_GET_VALUES, 0));
    EXPECT_EQ(peer.readRecord()->type, unsigned{FCGI_GET_VALUES_RESULT});
    return peer;
  }

  /// One request and its answer; the connection stays.
  void converse(TestPeer& peer) {
    const std::size_t index = onLoop([&] { return requests_.size(); });
    ASSERT_TRUE(peer.send(wholeRequest(1, true)));
    RecordingResponder& responder = awaitRequest(index);
    onLoop([&] { responder.answer("x"); });
    ASSERT_EQ(peer.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  }

  std::size_t connections() {
    return onLoop([&] { return listener_->connections(); });
  }
};

TEST_F(FcgiListenerTest, ServesManyConnectionsAtOnce) {
  std::vector<TestPeer> peers;
  for (std::size_t i = 0; i < kConnections; ++i) peers.push_back(connectIdle());
  EXPECT_EQ(connections(), kConnections);
  for (TestPeer& peer : peers) converse(peer);
  peers.clear();
  EXPECT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(FcgiListenerTest, ClosesTheConnectionThatHasBeenIdleLongestWhenThereAreTooMany) {
  listen(3);
  std::vector<TestPeer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connectIdle());
  converse(peers[0]);  // now the second has been idle longest
  TestPeer fourth = connect();
  converse(fourth);
  EXPECT_TRUE(peers[1].atEnd());
  EXPECT_EQ(connections(), 3U);
  converse(peers[0]);
  converse(peers[2]);
  TestPeer fifth = connect();
  converse(fifth);
  EXPECT_TRUE(fourth.atEnd());
}

TEST_F(FcgiListenerTest, LetsNewConnectionsWaitWhileAllAreBusy) {
  listen(2);
  TestPeer first = connect();
  TestPeer second = connect();
  first.send(wholeRequest(1, true, "/first"));
  awaitRequest(0);
  second.send(wholeRequest(1, false, "/second"));
  awaitRequest(1);
  TestPeer third = connect();
  TestPeer fourth = connect();
  third.send(wholeRequest(1, true, "/third"));
  thread_.settle();
  EXPECT_EQ(onLoop([&] { return requests_.size(); }), 2U);
  EXPECT_EQ(connections(), 2U);

  onLoop([&] { requests_[1]->answer("second"); });
  EXPECT_EQ(second.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  RecordingResponder& responder = awaitRequest(2);
  EXPECT_EQ(onLoop([&] { return responder.uri(); }), "/third");

  // A kept connection gives way as soon as it is idle.
  fourth.send(wholeRequest(1, true, "/fourth"));
  onLoop([&] { requests_[0]->answer("first"); });
  EXPECT_EQ(first.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  RecordingResponder& last = awaitRequest(3);
  EXPECT_EQ(onLoop([&] { return last.uri(); }), "/fourth");
  EXPECT_TRUE(first.atEnd());
}

TEST_F(FcgiListenerTest, LosesNoRequestOfConnectionsThatComeTogetherAtTheLimit) {
  listen(2);
  TestPeer busy = connect();
  busy.send(wholeRequest(1, true));
  awaitRequest(0);
  // All at one go: for the loop these are accepted in a row, with their requests still unread.
  std::vector<TestPeer> peers;
  onLoop([&] {
    for (int i = 0; i < 5; ++i) {
      peers.push_back(connect());
      peers.back().send(wholeRequest(1, false));
    }
  });
  for (std::size_t i = 0; i < peers.size(); ++i) {
    RecordingResponder& responder = awaitRequest(1 + i);
    onLoop([&] { responder.answer("served"); });
  }
  for (TestPeer& peer : peers) {
    const auto records = peer.readUntil(FCGI_END_REQUEST, 1);
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.back(), endRecord(1));
  }
}

TEST_F(FcgiListenerTest, DoesNotCloseAConnectionWhoseNextRequestIsOnItsWay) {
  listen(1);
  TestPeer kept = connect();
  converse(kept);
  TestPeer other = connect();
  onLoop([&] {
    // While the loop does not look: the request is there before the newcomer is.
    kept.send(wholeRequest(1, false, "/kept"));
    other.send(wholeRequest(1, false, "/other"));
  });
  // Which of them is first is open: `other` may have been let in before. None is half served.
  const bool answered = [&] {
    RecordingResponder& responder = awaitRequest(1);
    return onLoop([&] {
      const bool is_kept = responder.uri() == "/kept";
      responder.answer("x");
      return is_kept;
    });
  }();
  if (answered) {
    EXPECT_EQ(kept.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
    RecordingResponder& second = awaitRequest(2);
    onLoop([&] { second.answer("x"); });
  }
  EXPECT_EQ(other.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
}

TEST_F(FcgiListenerTest, IsNotKeptBusyByConnectionsThatNeverFinishTheirParams) {
  listen(2);
  std::vector<TestPeer> slow;
  for (int i = 0; i < 2; ++i) {
    slow.push_back(connectIdle());
    slow.back().send(beginRequest(1, true) + rawRecord(FCGI_PARAMS, 1, "\1\1ab"));
  }
  thread_.settle();
  TestPeer newcomer = connect();
  converse(newcomer);
}

TEST_F(FcgiListenerTest, EndsIdleConnectionsAndThenTheOthersWhenItDrains) {
  TestPeer idle = connectIdle();
  TestPeer busy = connect();
  busy.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { listener_->drain(); });
  EXPECT_TRUE(idle.atEnd());
  EXPECT_EQ(connections(), 1U);
  EXPECT_THROW(connect(), std::system_error);

  onLoop([&] { responder.answer("last"); });
  EXPECT_EQ(busy.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  EXPECT_TRUE(busy.atEnd());
  EXPECT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 0; }));
}

TEST_F(FcgiListenerTest, TellsRespondersWhenItGoes) {
  TestPeer peer = connect();
  peer.send(wholeRequest(1, true));
  RecordingResponder& responder = awaitRequest();
  onLoop([&] { listener_.reset(); });
  EXPECT_EQ(onLoop([&] { return responder.clients_gone; }), 1);
  EXPECT_TRUE(peer.atEnd());
  onLoop([&] { responder.answer("to nobody"); });
}

TEST_F(FcgiListenerTest, ComesThroughClientsThatConnectAndLeaveAtOnce) {
  for (int i = 0; i < 200; ++i) {
    TestPeer peer = connect();
    if (i % 2 == 0) peer.send(beginRequest(1, true).substr(0, static_cast<std::size_t>(i) % 16));
  }
  TestPeer peer = connect();
  converse(peer);
  EXPECT_TRUE(thread_.waitUntil([&] { return listener_->connections() == 1; }));
}

TEST_F(FcgiListenerTest, MovesToAnotherSocketWithoutLosingAnybody) {
  TestPeer kept = connect();
  converse(kept);
  TestPeer waiting = onLoop([&] {
    TestPeer peer = connect();  // not accepted yet: the loop is here
    peer.send(wholeRequest(1, false, "/waiting"));
    file_.remove();
    OpenedListener opened = openListener({"unix:" + path(), 0600, ""});
    file_ = std::move(opened.file);
    listener_->moveTo(std::move(opened.socket));
    return peer;
  });
  onLoop([&, &responder = awaitRequest(1)] { responder.answer("served"); });
  EXPECT_EQ(waiting.readUntil(FCGI_END_REQUEST, 1).back(), endRecord(1));
  TestPeer later = connect();
  converse(later);
  converse(kept);
}

}  // namespace
}  // namespace holdfast
