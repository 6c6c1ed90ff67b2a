#include "proxy/web_socket/web_socket_handshake.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr const char* kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // of the standard's example

HeaderFields request() {
  return {{"Host", "site"},
          {"upgrade", "WebSocket"},
          {"connection", "keep-alive, Upgrade"},
          {"Sec-WebSocket-Version", "13"},
          {"Sec-WebSocket-Key", kKey},
          {"Sec-WebSocket-Extensions", "permessage-deflate"}};
}

HeaderFields answer() {
  return {{"UPGRADE", "websocket"}, {"Connection", "upgrade"}, {"Sec-WebSocket-Accept", kAccept}};
}

HeaderFields with(HeaderFields headers, std::string_view name, const char* value) {
  std::erase_if(headers, [&](const auto& field) { return field.first == name; });
  if (value != nullptr) headers.emplace_back(name, value);
  return headers;
}

TEST(AcceptKey, IsTheExampleOfTheStandard) { EXPECT_EQ(acceptKey(kKey), kAccept); }

TEST(CheckUpgrade, AcceptsWithoutExtensions) {
  const UpgradeCheck check = checkUpgrade("GET", true, request());
  EXPECT_TRUE(check.ok()) << check.why;
  EXPECT_EQ(headerValue(check.headers, "Sec-WebSocket-Accept"), kAccept);
  EXPECT_EQ(headerValue(check.headers, "Sec-WebSocket-Extensions"), "");
  EXPECT_EQ(checkAnswer(check.status, check.headers, kKey), "");
}

TEST(CheckUpgrade, NamesWhatIsWrong) {
  EXPECT_EQ(checkUpgrade("POST", true, request()).status, 405);
  EXPECT_EQ(checkUpgrade("GET", false, request()).status, 400);
  EXPECT_EQ(checkUpgrade("GET", true, with(request(), "upgrade", nullptr)).status, 426);
  EXPECT_EQ(checkUpgrade("GET", true, with(request(), "upgrade", "h2c")).status, 426);
  EXPECT_EQ(checkUpgrade("GET", true, with(request(), "connection", "close")).status, 400);
  const UpgradeCheck old = checkUpgrade("GET", true, with(request(), "Sec-WebSocket-Version", "8"));
  EXPECT_EQ(old.status, 426);
  EXPECT_EQ(headerValue(old.headers, "Sec-WebSocket-Version"), "13");
  EXPECT_FALSE(old.why.empty());
}

TEST(CheckUpgrade, RefusesKeysThatAreNone) {
  for (const char* key : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "short==",
                          "dGhlIHNhbXBsZSBub25j\r\n==", "dGhlIHNhbXBsZSBub25jZQQQ"}) {
    EXPECT_EQ(checkUpgrade("GET", true, with(request(), "Sec-WebSocket-Key", key)).status, 400)
        << key;
  }
  HeaderFields twice = request();
  twice.emplace_back("Sec-WebSocket-Key", kKey);
  EXPECT_EQ(checkUpgrade("GET", true, twice).status, 400);
}

TEST(CheckAnswer, NamesWhatIsWrong) {
  EXPECT_EQ(checkAnswer(101, answer(), kKey), "");
  EXPECT_NE(checkAnswer(200, answer(), kKey), "");
  EXPECT_NE(checkAnswer(101, with(answer(), "UPGRADE", "h2c"), kKey), "");
  EXPECT_NE(checkAnswer(101, with(answer(), "Connection", nullptr), kKey), "");
  EXPECT_NE(checkAnswer(101, with(answer(), "Sec-WebSocket-Accept", kKey), kKey), "");
  EXPECT_NE(checkAnswer(101, with(answer(), "Sec-WebSocket-Protocol", "dap"), kKey), "");
}

TEST(MakeRequestKey, IsFreshAndAccepted) {
  const std::string key = makeRequestKey();
  EXPECT_NE(key, makeRequestKey());
  EXPECT_TRUE(checkUpgrade("GET", true, upgradeRequestHeaders(key)).ok());
}

TEST(WantsWebSocket, LooksAtTheListOfUpgrade) {
  EXPECT_TRUE(wantsWebSocket({{"Upgrade", "h2c, WEBSOCKET"}}));
  EXPECT_TRUE(wantsWebSocket({{"Upgrade", "h2c"}, {"upgrade", "websocket"}}));
  EXPECT_FALSE(wantsWebSocket({{"Upgrade", "websockets"}}));
  EXPECT_FALSE(wantsWebSocket({}));
}

}  // namespace
}  // namespace holdfast::proxy
