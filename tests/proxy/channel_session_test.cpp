#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "proxy/channel.h"
#include "tests/proxy/channel_test_site.h"
#include "tests/proxy/session/session_fixture.h"

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kInitialize[] =
    R"({"seq":1,"type":"request","command":"initialize","arguments":{"clientName":"Visual Studio Code"}})";

/// Plays debuggers and the engine around a channel.
class ChannelSessionTest : public testing::Test {
 protected:
  ChannelSessionTest() { site_.events.state.port = port_.address().port(); }

  static ChannelRequest request(const std::string& client, const std::string& query = "") {
    ChannelRequest request = withBearer(asUpgrade(requestFor("/ptvsd")));
    request.client = client;
    request.query = query;
    return request;
  }

  /// Sends the request, and opens what it gets.
  std::unique_ptr<FakeClient> open(const ChannelRequest& request) {
    return open(site_.answer(request));
  }
  std::unique_ptr<FakeClient> open(const ChannelAnswer& answer) {
    EXPECT_EQ(answer.status, 101);
    Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
    Poco::Net::StreamSocket theirs;
    theirs.connect(listener.address());
    site_.channel->open(answer, listener.acceptConnection(), "");
    return std::make_unique<FakeClient>(std::move(theirs));
  }

  /// The head that comes first, all of it.
  static std::string head(FakeClient& client) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) head += client.readHead(1);
    return head;
  }

  void attach(const std::string& client) {
    client_ = open(request(client));
    client_->send(kInitialize);
    engine_ = std::make_unique<FakeEngine>(port_.acceptConnection());
    EXPECT_EQ(engine_->receive(), kInitialize);
    head_ = head(*client_);
  }

  /// What the client hears at the end of its session.
  std::string receiveClose() {
    EXPECT_THAT(client_->receive(), HasSubstr("\"terminated\""));
    return client_->receive();
  }

  void leave(CloseCode code) {
    client_->sendClose(code);
    client_->halfClose();
  }

  /// The engine is told goodbye and answers, and the channel hears of the end.
  void letGo(const std::string& event = "detached") {
    const std::string goodbye = engine_->receive();
    EXPECT_THAT(goodbye, HasSubstr("\"disconnect\""));
    const std::string seq = goodbye.substr(7, goodbye.find(',') - 7);
    engine_->send(R"({"seq":1,"type":"response","success":true,"command":"disconnect",)"
                  R"("request_seq":)" +
                  seq + "}");
    EXPECT_EQ(engine_->receive(), "EOF");
    engine_->close();
    EXPECT_TRUE(site_.runUntil([&] { return happened() == event; }));
  }

  std::string happened() const {
    return site_.events.happened.empty() ? "" : site_.events.happened.back();
  }

  DescriptorCheck descriptors_;
  Poco::Net::ServerSocket port_{Poco::Net::SocketAddress("127.0.0.1", 0)};
  ChannelTestSite site_;
  std::unique_ptr<FakeEngine> engine_;
  std::unique_ptr<FakeClient> client_;
  std::string head_;
};

TEST_F(ChannelSessionTest, ADebuggerIsToldOfTheSite) {
  attach("203.0.113.9");
  EXPECT_THAT(head_, StartsWith("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"));
  for (const char* field :
       {"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
        "Holdfast-App-Root: /srv/caf%C3%A9%201\r\n", "Holdfast-Engine: debugpy 1.8.22\r\n",
        "Holdfast-Python: 3.11.2\r\n", "Holdfast-Path-Style: posix\r\n"}) {
    EXPECT_THAT(head_, HasSubstr(field));
  }
  EXPECT_EQ(site_.events.last_mark.size(), 32U);
  EXPECT_THAT(head_, HasSubstr("Set-Cookie: holdfast-debug=" + site_.events.last_mark +
                               "; Path=/; HttpOnly\r\n"));
  EXPECT_EQ(site_.channel->mark(), site_.events.last_mark);
  EXPECT_TRUE(site_.channel->isAttached());
}

TEST_F(ChannelSessionTest, HoldsAreTold) {
  attach("203.0.113.9");
  const std::string stopped =
      R"({"seq":1,"type":"event","event":"stopped","body":{"reason":"step","threadId":1}})";
  engine_->send(stopped);
  ASSERT_TRUE(site_.runUntil([&] { return happened() == "held"; }));
  engine_->send(R"({"seq":2,"type":"event","event":"exited"})");
  ASSERT_TRUE(site_.runUntil([&] { return happened() == "running"; }));
  engine_->send(stopped);
  ASSERT_TRUE(site_.runUntil([&] { return happened() == "held"; }));
  EXPECT_EQ(client_->receive(), stopped);
  leave(CloseCode::kNormal);
  letGo();
  EXPECT_THAT(site_.events.happened, ElementsAre("attached 203.0.113.9", "held", "running", "held",
                                                 "running", "detached"));
}

TEST_F(ChannelSessionTest, BytesGoBothWaysUntilTheClientLeaves) {
  attach("203.0.113.9");
  engine_->send(R"({"seq":1,"type":"event","event":"initialized"})");
  EXPECT_EQ(client_->receive(), R"({"seq":1,"type":"event","event":"initialized"})");
  EXPECT_EQ(site_.channel->session()->name, "Visual Studio Code");
  site_.now += minutes(2);
  EXPECT_THAT(site_.answer(withBearer(requestFor("/ptvsd/state"))).body,
              HasSubstr("\"since_seconds\":120"));
  leave(CloseCode::kNormal);
  letGo();
  EXPECT_FALSE(site_.channel->isAttached());
  EXPECT_EQ(site_.channel->mark(), "");
  EXPECT_THAT(site_.events.happened, ElementsAre("attached 203.0.113.9", "detached"));
  EXPECT_TRUE(site_.events.hasLine(
      "the debugger (Visual Studio Code) of 203.0.113.9 detached after 2 min"));
}

TEST_F(ChannelSessionTest, ASecondOneIsToldWhoIsThere) {
  attach("203.0.113.9");
  site_.now += minutes(5);
  const auto second = open(request("203.0.113.10"));
  head(*second);
  EXPECT_EQ(second->receive(),
            "CLOSE:1013:Another debugger has been attached for 5 min. To end its session: add "
            "?takeover=1 to the URL.");
  EXPECT_TRUE(site_.channel->isAttached());
  EXPECT_TRUE(site_.events.hasLine("203.0.113.10 has the secret, but another"));
}

TEST_F(ChannelSessionTest, ATakeoverWaitsForTheEngineToLetGo) {
  attach("203.0.113.9");
  const std::string mark = site_.events.last_mark;
  const auto second = open(request("203.0.113.10", "takeover=1"));
  EXPECT_EQ(receiveClose(), "CLOSE:1001:Another debugger has taken over.");
  const auto third = open(request("203.0.113.11", "takeover=1"));
  head(*third);
  EXPECT_THAT(third->receive(), StartsWith("CLOSE:1013:Another debugger is just attaching."));
  leave(CloseCode::kGoingAway);
  EXPECT_THAT(site_.events.happened, ElementsAre("attached 203.0.113.9"));
  const std::string goodbye = engine_->receive();
  engine_->close();
  ASSERT_TRUE(site_.runUntil([&] { return happened() == "attached 203.0.113.10"; }));
  head(*second);
  EXPECT_THAT(site_.events.happened,
              ElementsAre("attached 203.0.113.9", "detached", "attached 203.0.113.10"));
  EXPECT_NE(site_.events.last_mark, mark);
  EXPECT_TRUE(site_.events.hasLine("203.0.113.10 takes the debugger's place of 203.0.113.9"));
}

TEST_F(ChannelSessionTest, ATakeoverDoesNotWaitForTheOneThatIsSentAway) {
  attach("203.0.113.9");
  const auto second = open(request("203.0.113.10", "takeover=1"));
  letGo("attached 203.0.113.10");
  EXPECT_EQ(receiveClose(), "CLOSE:1001:Another debugger has taken over.");
  head(*second);
  second->send(kInitialize);
  engine_ = std::make_unique<FakeEngine>(port_.acceptConnection());
  EXPECT_EQ(engine_->receive(), kInitialize);
  leave(CloseCode::kGoingAway);  // the first
  second->sendClose(CloseCode::kNormal);
  second->halfClose();
  letGo();
}

TEST_F(ChannelSessionTest, NotManyMayBeLeavingAtOnce) {
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (std::size_t ended = 2;; ended += 2) {
    const ChannelAnswer answer = site_.answer(request("203.0.113.9"));
    if (answer.upgrade == UpgradeKind::kBusy) {
      EXPECT_THAT(answer.close_reason, HasSubstr("Try again in a few seconds."));
      break;
    }
    ASSERT_LT(clients.size(), 20U);
    clients.push_back(open(answer));
    clients.back()->sendFrame(Opcode::kBinary, "no DAP\r\n\r\n");
    ASSERT_TRUE(site_.runUntil([&] { return site_.events.happened.size() == ended; }));
  }
  clients.clear();
  EXPECT_TRUE(site_.runUntil(
      [&] { return site_.answer(request("203.0.113.9")).upgrade == UpgradeKind::kSession; }));
}

TEST_F(ChannelSessionTest, OneThatComesBackWaitsForItsOwnGoodbye) {
  attach("203.0.113.9");
  leave(CloseCode::kNormal);
  EXPECT_THAT(client_->receive(), StartsWith("CLOSE:"));
  const auto again = open(request("203.0.113.9"));
  const std::string goodbye = engine_->receive();
  engine_->close();
  ASSERT_TRUE(site_.runUntil([&] { return site_.events.happened.size() == 3; }));
  EXPECT_THAT(head(*again), StartsWith("HTTP/1.1 101"));
  EXPECT_EQ(happened(), "attached 203.0.113.9");
}

TEST_F(ChannelSessionTest, ADeadLaneEndsTheSession) {
  attach("203.0.113.9");
  site_.channel->engineGone(static_cast<std::uint16_t>(site_.events.state.port + 1));
  EXPECT_TRUE(site_.channel->isAttached());
  site_.channel->engineGone(site_.events.state.port);
  EXPECT_THAT(receiveClose(), StartsWith("CLOSE:1011:"));
  leave(CloseCode::kInternalError);
  EXPECT_TRUE(site_.runUntil([&] { return happened() == "detached"; }));
}

TEST_F(ChannelSessionTest, AnotherSecretSendsTheDebuggerAway) {
  attach("203.0.113.9");
  ChannelPlan plan = ChannelTestSite::plan();
  plan.route = "marked";
  site_.channel->setPlan(plan);
  plan.secret = Secret("another secret, long enough");
  site_.channel->setPlan(plan);
  EXPECT_EQ(receiveClose(), "CLOSE:1008:The site's debug secret has changed.");
  leave(CloseCode::kPolicyViolation);
  letGo();
}

TEST_F(ChannelSessionTest, ExpirySendsTheDebuggerAway) {
  attach("203.0.113.9");
  site_.channel->tick();
  site_.now += hours(48);
  site_.channel->tick();
  site_.channel->tick();
  EXPECT_THAT(receiveClose(), StartsWith("CLOSE:1008:Debugging has expired"));
  leave(CloseCode::kPolicyViolation);
  letGo();
}

TEST_F(ChannelSessionTest, TheHostsEndSendsTheDebuggerAway) {
  attach("203.0.113.9");
  site_.channel->close();
  EXPECT_EQ(receiveClose(), "CLOSE:1001:The site's host is stopping.");
  leave(CloseCode::kGoingAway);
  letGo();
}

TEST_F(ChannelSessionTest, AnEngineThatWentMeanwhileIsToldOf) {
  const ChannelAnswer answer = site_.answer(request("203.0.113.9"));
  EXPECT_EQ(answer.upgrade, UpgradeKind::kSession);
  site_.events.state.kind = EngineState::kStarting;
  const auto client = open(answer);
  head(*client);
  EXPECT_THAT(client->receive(), StartsWith("CLOSE:1013:The debug engine is not ready."));
  EXPECT_FALSE(site_.channel->isAttached());
}

TEST_F(ChannelSessionTest, TwoThatWereAnsweredAtOnceAreNotBothAttached) {
  const ChannelAnswer first = site_.answer(request("203.0.113.9"));
  const ChannelAnswer second = site_.answer(request("203.0.113.10"));
  client_ = open(first);
  const auto other = open(second);
  head(*other);
  EXPECT_THAT(other->receive(), StartsWith("CLOSE:1013:Another debugger has been attached"));
  EXPECT_EQ(site_.channel->session()->client, "203.0.113.9");
}

}  // namespace
}  // namespace holdfast::proxy
