#include "proxy/tls/tls_pump.h"

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "tests/config/temp_directory.h"
#include "tests/support/certificates.h"
#include "tests/support/descriptors.h"

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;
using Poco::Net::StreamSocket;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::chrono::seconds kDeadline{10};
/// More than all buffers on the way have room for.
constexpr std::size_t kALot = std::size_t{64} * 1024 * 1024;

struct Connected {
  StreamSocket client;
  StreamSocket server;
};

Connected connectTcp() {
  Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
  Connected both;
  both.client.connect(listener.address());
  both.server = listener.acceptConnection();
  for (StreamSocket* socket : {&both.client, &both.server}) {
    socket->setReceiveTimeout(Poco::Timespan(kDeadline.count(), 0));
    socket->setSendTimeout(Poco::Timespan(kDeadline.count(), 0));
  }
  return both;
}

void sendAll(StreamSocket& socket, std::string_view text) {
  while (!text.empty()) {
    const int count = socket.sendBytes(text.data(), static_cast<int>(text.size()));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// \param most  bytes; fewer come before the end of the stream
std::string readUpTo(StreamSocket& socket, std::size_t most) {
  std::string text(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const int count = socket.receiveBytes(text.data() + size, static_cast<int>(most - size));
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  text.resize(size);
  return text;
}

/// Until nothing more goes in for a while, as the other side does not read. \return bytes
std::size_t sendWhatFits(StreamSocket& socket) {
  const std::string piece(4096, 'x');
  std::size_t sent = 0;
  while (sent < kALot && socket.poll(Poco::Timespan(0, 200'000), StreamSocket::SELECT_WRITE)) {
    sent += static_cast<std::size_t>(socket.sendBytes(piece.data(), 4096));
  }
  return sent;
}

std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  unsigned value = 1;
  for (char& c : text) {
    value = value * 1103515245 + 12345;
    c = static_cast<char>(value >> 16);
  }
  return text;
}

/// A pump's end, to be waited for.
class End {
 public:
  TlsPump::OnEnd callback() {
    return [this](const std::string& problem) { promise_.set_value(problem); };
  }
  std::string await() {
    if (future_.wait_for(kDeadline) != std::future_status::ready) return "no end";
    return future_.get();
  }
  bool isThere() const { return future_.wait_for(0s) == std::future_status::ready; }

 private:
  std::promise<std::string> promise_;
  std::future<std::string> future_ = promise_.get_future();
};

class TlsPumpTest : public testing::Test {
 protected:
  TlsPumpTest() {
    std::signal(SIGPIPE, SIG_IGN);
    ca_.write(path("ca.pem"));
    writeSite({.name = "site", .alternatives = "DNS:site.example,IP:127.0.0.1"});
  }

  std::string path(const std::string& name) const { return (temp_.path() / name).string(); }
  void writeSite(const Certificate::Plan& plan) {
    Certificate(plan, &ca_).write(path("site.pem"), path("site.key"));
  }
  TlsContext serverContext() const { return serverTlsContext(path("site.pem"), path("site.key")); }
  TlsContext clientContext() const { return clientTlsContext(path("ca.pem")); }

  /// A pump on each side of one TLS connection.
  void connect(const std::string& host = "site.example", const TlsPumpLimits& limits = {}) {
    const Connected tcp = connectTcp();
    server_ = TlsPump::accept(serverContext(), tcp.server, limits, server_end_.callback());
    client_ = TlsPump::connect(clientContext(), tcp.client, host, limits, client_end_.callback());
    inside_server_ = take(*server_);
    inside_client_ = take(*client_);
  }

  static StreamSocket take(TlsPump& pump) {
    StreamSocket plain = pump.takePlain();
    plain.setReceiveTimeout(Poco::Timespan(kDeadline.count(), 0));
    plain.setSendTimeout(Poco::Timespan(kDeadline.count(), 0));
    return plain;
  }

  DescriptorCheck descriptors_;
  TempDirectory temp_;
  const Certificate ca_{{.name = "test CA", .is_ca = true}};
  End server_end_;
  End client_end_;
  std::unique_ptr<TlsPump> server_;
  std::unique_ptr<TlsPump> client_;
  StreamSocket inside_server_;
  StreamSocket inside_client_;
};

TEST_F(TlsPumpTest, CarriesBytesBothWays) {
  connect();
  EXPECT_EQ(client_->waitForHandshake(), "");
  EXPECT_EQ(server_->waitForHandshake(), "");
  sendAll(inside_client_, "question");
  EXPECT_EQ(readUpTo(inside_server_, 8), "question");
  sendAll(inside_server_, "answer");
  EXPECT_EQ(readUpTo(inside_client_, 6), "answer");
}

TEST_F(TlsPumpTest, TakesBytesBeforeTheHandshake) {
  const Connected tcp = connectTcp();
  client_ = TlsPump::connect(clientContext(), tcp.client, "site.example");
  inside_client_ = take(*client_);
  sendAll(inside_client_, "early");
  server_ = TlsPump::accept(serverContext(), tcp.server);
  inside_server_ = take(*server_);
  EXPECT_EQ(readUpTo(inside_server_, 5), "early");
}

TEST_F(TlsPumpTest, CarriesALotBothWaysAtOnce) {
  connect();
  const std::string there = patterned(kALot / 4);
  const std::string back = patterned(kALot / 8);
  std::thread client([&] { sendAll(inside_client_, there); });
  std::thread server([&] { sendAll(inside_server_, back); });
  std::string seen_back;
  std::thread reader([&] { seen_back = readUpTo(inside_client_, back.size()); });
  const std::string seen_there = readUpTo(inside_server_, there.size());
  client.join();
  server.join();
  reader.join();
  EXPECT_TRUE(seen_there == there);
  EXPECT_TRUE(seen_back == back);
}

TEST_F(TlsPumpTest, MakesASenderWaitForASlowReader) {
  connect();
  const std::size_t sent = sendWhatFits(inside_client_);
  EXPECT_LT(sent, kALot);
  // The other direction is not held up by that.
  sendAll(inside_server_, "meanwhile");
  EXPECT_EQ(readUpTo(inside_client_, 9), "meanwhile");
  EXPECT_EQ(readUpTo(inside_server_, sent).size(), sent);
}

TEST_F(TlsPumpTest, PassesOnTheEndOfEachDirection) {
  connect();
  sendAll(inside_client_, "last words");
  inside_client_.shutdownSend();
  EXPECT_EQ(readUpTo(inside_server_, 100), "last words");
  sendAll(inside_server_, "still an answer");
  inside_server_.close();
  EXPECT_EQ(readUpTo(inside_client_, 100), "still an answer");
  inside_client_.close();
  EXPECT_EQ(server_end_.await(), "");
  EXPECT_EQ(client_end_.await(), "");
}

TEST_F(TlsPumpTest, DeliversWhatWasWrittenBeforeAClose) {
  connect();
  const std::string much = patterned(4 * 1024 * 1024);
  std::thread writer([&] {
    sendAll(inside_server_, much);
    inside_server_.close();
  });
  EXPECT_TRUE(readUpTo(inside_client_, much.size() + 1) == much);
  writer.join();
}

TEST_F(TlsPumpTest, EndsWhenThePeerIsGone) {
  connect();
  ASSERT_EQ(client_->waitForHandshake(), "");
  client_.reset();
  EXPECT_EQ(readUpTo(inside_server_, 1), "");
  inside_server_.close();
  EXPECT_NE(server_end_.await(), "no end");
}

TEST_F(TlsPumpTest, EndsAPeerThatDoesNotTakeWhatIsLeft) {
  connect("site.example", {.close = 50ms});
  ASSERT_EQ(client_->waitForHandshake(), "");
  sendWhatFits(inside_server_);
  inside_server_.close();
  EXPECT_EQ(server_end_.await(), "it did not take in time what was left for it");
}

TEST_F(TlsPumpTest, CanBeDestroyedAtAnyTime) {
  for (int i = 0; i < 20; ++i) {
    connectTcp();
    const Connected tcp = connectTcp();
    const auto server = TlsPump::accept(serverContext(), tcp.server);
    const auto client = TlsPump::connect(clientContext(), tcp.client, "site.example");
    if (i % 2 == 0) client->waitForHandshake();
  }
}

TEST_F(TlsPumpTest, ThePlainSideOutlivesThePump) {
  connect();
  client_->waitForHandshake();
  server_.reset();
  client_.reset();
  EXPECT_EQ(readUpTo(inside_client_, 1), "");
  EXPECT_EQ(readUpTo(inside_server_, 1), "");
}

TEST_F(TlsPumpTest, KnowsAPeerByItsAddress) {
  connect("127.0.0.1");
  EXPECT_EQ(client_->waitForHandshake(), "");
}

TEST_F(TlsPumpTest, RefusesACertificateForAnotherName) {
  connect("other.example");
  EXPECT_EQ(client_->waitForHandshake(),
            "its certificate is not for other.example, but for site.example");
  EXPECT_EQ(server_->waitForHandshake(), "it does not accept our certificate");
}

TEST_F(TlsPumpTest, RefusesACertificateForAnotherAddress) {
  connect("127.0.0.2");
  EXPECT_THAT(client_->waitForHandshake(), StartsWith("its certificate is not for 127.0.0.2"));
}

TEST_F(TlsPumpTest, RefusesACertificateThatHasExpired) {
  writeSite({.alternatives = "DNS:site.example", .days_from = -3, .days_to = -1});
  connect();
  EXPECT_EQ(client_->waitForHandshake(), "its certificate has expired");
}

TEST_F(TlsPumpTest, RefusesACertificateThatIsNotValidYet) {
  writeSite({.alternatives = "DNS:site.example", .days_from = 1, .days_to = 2});
  connect();
  EXPECT_THAT(client_->waitForHandshake(), StartsWith("its certificate is not valid yet"));
}

TEST_F(TlsPumpTest, RefusesACertificateOfAnUnknownAuthority) {
  const Certificate other({.name = "other CA", .is_ca = true});
  other.write(path("ca.pem"));
  connect();
  EXPECT_THAT(client_->waitForHandshake(),
              StartsWith("its certificate is signed by nobody whom this machine trusts"));
}

TEST_F(TlsPumpTest, SaysThatAServerSpeaksNoTls) {
  Connected tcp = connectTcp();
  client_ = TlsPump::connect(clientContext(), tcp.client, "site.example");
  sendAll(tcp.server, "HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(client_->waitForHandshake(), "what it answers is no TLS (plain HTTP?)");
}

TEST_F(TlsPumpTest, SaysThatAClientSpeaksPlainHttp) {
  Connected tcp = connectTcp();
  server_ = TlsPump::accept(serverContext(), tcp.server);
  sendAll(tcp.client, "GET / HTTP/1.1\r\nHost: site.example\r\n\r\n");
  EXPECT_EQ(server_->waitForHandshake(), "it speaks plain HTTP, but this is for HTTPS");
}

TEST_F(TlsPumpTest, SaysThatAPeerLeftInsteadOfAHandshake) {
  Connected tcp = connectTcp();
  server_ = TlsPump::accept(serverContext(), tcp.server);
  tcp.client.close();
  EXPECT_EQ(server_->waitForHandshake(), "it ended the connection instead");
}

TEST_F(TlsPumpTest, GivesUpASlowHandshake) {
  const Connected tcp = connectTcp();
  server_ =
      TlsPump::accept(serverContext(), tcp.server, {.handshake = 20ms}, server_end_.callback());
  EXPECT_EQ(server_->waitForHandshake(), "the TLS handshake was not done within 20 ms");
  EXPECT_EQ(server_end_.await(), "the TLS handshake was not done within 20 ms");
}

TEST_F(TlsPumpTest, EndsAHandshakeThatNobodyWaitsForAnyMore) {
  const Connected tcp = connectTcp();
  server_ = TlsPump::accept(serverContext(), tcp.server, {.handshake = 1h}, server_end_.callback());
  server_->takePlain().close();
  EXPECT_EQ(server_end_.await(), "");
}

TEST_F(TlsPumpTest, RefusesTheEndOfAHandshakeInPieces) {
  Connected tcp = connectTcp();
  server_ = TlsPump::accept(serverContext(), tcp.server, {}, server_end_.callback());
  for (const char c : std::string("\x16\x03\x01\x00\x05garbage")) sendAll(tcp.client, {&c, 1});
  tcp.client.shutdownSend();
  EXPECT_THAT(server_->waitForHandshake(), testing::Not(testing::IsEmpty()));
}

}  // namespace
}  // namespace holdfast::proxy
