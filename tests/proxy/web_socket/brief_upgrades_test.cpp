#include "proxy/web_socket/brief_upgrades.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/proxy/session/session_fixture.h"

namespace holdfast::proxy {
namespace {

constexpr char kHead[] = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
constexpr std::size_t kHeadBytes = sizeof kHead - 1;

class BriefUpgradesTest : public testing::Test {
 protected:
  /// \param give  is given our end of a connection, of which the test keeps no copy
  /// \return the client's
  template <class Give>
  std::unique_ptr<FakeClient> connect(Give give) {
    Poco::Net::StreamSocket theirs;
    theirs.connect(listener_.address());
    give(listener_.acceptConnection());
    return std::make_unique<FakeClient>(theirs);
  }

  std::unique_ptr<FakeClient> probe(BriefUpgrades& upgrades, const std::string& leftover = "") {
    return connect([&](const auto& socket) { upgrades.probe(socket, kHead, leftover); });
  }
  std::unique_ptr<FakeClient> probe(const std::string& leftover = "") {
    return probe(upgrades_, leftover);
  }

  static std::string frame(std::string_view payload) {
    std::string out;
    appendFrame(out, Role::kClient, Opcode::kBinary, payload);
    return out;
  }

  DescriptorCheck descriptors_;
  Poco::Net::ServerSocket listener_{Poco::Net::SocketAddress("127.0.0.1", 0)};
  BriefUpgrades upgrades_;
};

/// What comes until the connection ends.
std::string rest(FakeClient& client) {
  std::string bytes;
  for (std::string piece = client.read(); !piece.empty(); piece = client.read()) bytes += piece;
  return bytes;
}

std::string answer() {
  std::string out;
  appendFrame(out, Role::kServer, Opcode::kBinary, BriefUpgrade::kProbeAnswer);
  appendClose(out, Role::kServer, CloseCode::kNormal, "");
  return out;
}

TEST_F(BriefUpgradesTest, AProbeGetsOneMessageForItsFirst) {
  const auto client = probe();
  EXPECT_EQ(client->readHead(kHeadBytes), kHead);
  client->sendFrame(Opcode::kPing, "x");
  client->sendFrame(Opcode::kBinary, "secret of another");
  client->sendFrame(Opcode::kBinary, "and more");
  client->sendClose(CloseCode::kNormal);
  EXPECT_EQ(rest(*client), answer());
}

TEST_F(BriefUpgradesTest, AProbeMayHaveSentItsMessageAlready) {
  const auto client = probe(frame("x"));
  client->sendClose(CloseCode::kNormal);
  EXPECT_EQ(rest(*client), kHead + answer());
}

TEST_F(BriefUpgradesTest, AProbeThatBreaksTheProtocolIsClosed) {
  const auto client = probe();
  EXPECT_EQ(client->readHead(kHeadBytes), kHead);
  std::string unmasked;
  appendFrame(unmasked, Role::kServer, Opcode::kBinary, "x");
  client->write(unmasked);
  EXPECT_EQ(client->receive().substr(0, 11), "CLOSE:1002:");
}

TEST_F(BriefUpgradesTest, ARefusalSaysWhy) {
  const auto client = connect([&](const auto& socket) {
    upgrades_.refuse(socket, kHead, CloseCode::kTryAgainLater, "Another is here.");
  });
  EXPECT_EQ(client->readHead(kHeadBytes), kHead);
  EXPECT_EQ(client->receive(), "CLOSE:1013:Another is here.");
  client->sendClose(CloseCode::kTryAgainLater);
  EXPECT_EQ(rest(*client), "");
}

TEST_F(BriefUpgradesTest, SilentProbesAreFew) {
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (std::size_t i = 0; i < BriefUpgrades::kMostProbes; ++i) {
    EXPECT_TRUE(upgrades_.hasRoom());
    clients.push_back(probe());
  }
  EXPECT_FALSE(upgrades_.hasRoom());
  const auto ninth = probe();
  EXPECT_EQ(rest(*ninth), "") << "not even the head";
}

TEST_F(BriefUpgradesTest, ASilentProbeEnds) {
  BriefUpgrades upgrades(std::chrono::milliseconds(1));
  const auto client = probe(upgrades);
  rest(*client);
}

TEST_F(BriefUpgradesTest, ThoseThatAreLeftEndWithAll) {
  auto upgrades = std::make_unique<BriefUpgrades>();
  const auto client = probe(*upgrades);
  EXPECT_EQ(client->readHead(kHeadBytes), kHead);
  upgrades.reset();
  EXPECT_EQ(rest(*client), "");
}

}  // namespace
}  // namespace holdfast::proxy
