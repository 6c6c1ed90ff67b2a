#include <Poco/Net/StreamSocket.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/config/temp_directory.h"
#include "tests/host/front/http_fixture.h"
#include "tests/support/certificates.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// An HTTP front end with TLS, and clients that speak it.
class HttpTlsTest : public HttpTest {
 protected:
  HttpTlsTest() {
    std::signal(SIGPIPE, SIG_IGN);
    const auto path = [this](const char* name) { return (temp_.path() / name).string(); };
    const Certificate site({.alternatives = "IP:127.0.0.1"});
    site.write(path("site.pem"), path("site.key"));
    tls_ = proxy::serverTlsContext(path("site.pem"), path("site.key"));
    client_ = proxy::clientTlsContext(path("site.pem"));
  }

  /// A client of its own that asks, and reads to the end.
  std::string exchange(const std::string& text) {
    listen();
    Poco::Net::StreamSocket tcp(Poco::Net::SocketAddress("127.0.0.1", port_));
    const auto pump = proxy::TlsPump::connect(client_, tcp, "127.0.0.1");
    EXPECT_EQ(pump->waitForHandshake(), "");
    Poco::Net::StreamSocket plain = pump->takePlain();
    plain.setReceiveTimeout(Poco::Timespan(kTestDeadline.count(), 0));
    plain.sendBytes(text.data(), static_cast<int>(text.size()));
    std::string all;
    char buffer[4096];
    for (int count; (count = plain.receiveBytes(buffer, sizeof buffer)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

  TempDirectory temp_;
  proxy::TlsContext client_;
};

TEST_F(HttpTlsTest, Answers) {
  answer_at_once_ = true;
  EXPECT_THAT(exchange(kGetAndClose), EndsWith("\r\n7\r\nat once\r\n0\r\n\r\n"));
  EXPECT_THAT(thread_.call([this] { return front_->url(); }), StartsWith("https://127.0.0.1:"));
  EXPECT_TRUE(thread_.waitUntil([this] { return front_->unfinished() == 0; }));
}

TEST_F(HttpTlsTest, ARequestSaysThatItCameByTls) {
  listen();
  std::thread client([this] { exchange(kGetAndClose); });
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    EXPECT_EQ(responder.request->params.get("HTTPS"), "on");
    EXPECT_EQ(responder.request->params.get("REQUEST_SCHEME"), "https");
    EXPECT_EQ(responder.request->params.get("REMOTE_ADDR"), "127.0.0.1");
    responder.answer("hello");
  });
  client.join();
}

TEST_F(HttpTlsTest, ASilentClientIsLeft) {
  limits_.head_time = 1ms;
  TestPeer silent = connect();
  EXPECT_TRUE(silent.atEnd());
  EXPECT_TRUE(thread_.waitUntil([this] { return front_->unfinished() == 0; }));
}

TEST_F(HttpTlsTest, GarbageIsNoHandshake) {
  TestPeer peer = connect();
  ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  peer.readToEnd();
  EXPECT_TRUE(thread_.waitUntil([this] { return front_->unfinished() == 0; }));
  EXPECT_EQ(delivered(), 0U);
  EXPECT_THAT(log_.all(), testing::Contains(HasSubstr("it speaks plain HTTP")));
}

TEST_F(HttpTlsTest, ManySilentClientsGiveWayToOthers) {
  limits_.connections = 3;
  uncapped_ = true;
  answer_at_once_ = true;
  std::vector<TestPeer> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(connect());
  EXPECT_THAT(exchange(kGetAndClose), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpTlsTest, AConnectionThatIsGivenAwayKeepsItsPump) {
  listen();
  std::thread client(
      [this] { EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\nbehind"), "from the taker"); });
  RecordingResponder& responder = awaitRequest();
  thread_.call([&] {
    Upgraded taken = responder.release()->takeOver();
    EXPECT_EQ(taken.leftover, "behind");
    taken.socket.write(std::as_bytes(std::span("from the taker", 14)));
  });
  client.join();
  EXPECT_TRUE(thread_.waitUntil([this] { return front_->unfinished() == 0; }));
}

}  // namespace
}  // namespace holdfast
