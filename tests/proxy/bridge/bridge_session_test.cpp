#include "proxy/bridge/bridge_session.h"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>
#include <vector>

#include "proxy/bridge/dap_notice.h"
#include "proxy/tls/socket_pair.h"

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;
using Poco::Net::StreamSocket;

struct Heard : BridgeSessionListener {
  std::vector<std::string> names;
  std::vector<std::string> files;
  std::vector<std::string> asked;
  std::vector<std::string> messages;
  std::vector<std::string> warnings;
  int ticks = 0;

  void onClientName(const std::string& name) override { names.push_back(name); }
  void onBreakpointFile(const BreakpointFile& file) override { files.push_back(file.deployed); }
  void onWarning(const std::string& text) override { warnings.push_back(text); }
  void onClientMessage(std::string_view content) override { asked.emplace_back(content); }
  void onSiteMessage(std::string_view content) override { messages.emplace_back(content); }
  void onTick() override { ++ticks; }
};

/// An event that a site may send, with so many bytes in it.
std::string eventOf(std::size_t size) {
  return encodeMessage(R"({"type":"event","event":"output","x":")" + std::string(size, 'x') +
                       "\"}");
}

/// A session on a thread of its own; the test is the debugger and the site.
class BridgeSessionTest : public testing::Test {
 protected:
  void start(BridgeSessionLimits limits = {}, bool raw = false) {
    auto client = makeLocalPair();
    auto site = makeLocalPair();
    auto others = makeLocalPair();
    client_ = client.first;
    site_ = site.first;
    others_ = others.first;
    quiet_ = others.second;
    for (StreamSocket* socket : {&client_, &site_}) socket->setReceiveTimeout({60, 0});
    makePrompt(client.second);
    makePrompt(site.second);
    BridgeSessionPlan plan;
    plan.client = client.second;
    plan.site.connection.socket = site.second;
    plan.roots = {"/home/me/site", "/srv/app"};
    plan.raw = raw;
    plan.limits = limits;
    end_ = std::async(std::launch::async, [this, plan = std::move(plan)]() mutable {
      return BridgeSession(std::move(plan), quiet_, wait_, heard_).run();
    });
  }

  void TearDown() override {
    wait_.stop();
    if (end_.valid()) {
      client_.close();
      site_.close();
      end_.wait();
    }
  }

  void siteSends(Opcode opcode, std::string_view payload) {
    std::string bytes;
    appendFrame(bytes, Role::kServer, opcode, payload);
    site_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
  }
  void siteCloses(CloseCode code, std::string_view reason) {
    std::string bytes;
    appendClose(bytes, Role::kServer, code, reason);
    site_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
  }
  void clientSends(std::string_view bytes) {
    client_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
  }

  /// The site's next event; data is gathered in site_stream_.
  FrameStatus siteReads() {
    while (true) {
      const FrameStatus status = decoder_.next(input_, event_);
      if (status == FrameStatus::kData) {
        const auto* const bytes = reinterpret_cast<const char*>(event_.payload.data());
        site_stream_.append(bytes, event_.payload.size());
      }
      if (status != FrameStatus::kNeedMore) return status;
      const int count = site_.receiveBytes(buffer_.data(), static_cast<int>(buffer_.size()));
      if (count <= 0) return FrameStatus::kError;
      input_ = std::span(buffer_).first(static_cast<std::size_t>(count));
    }
  }

  std::string clientReads(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size;) {
      const int count = client_.receiveBytes(bytes.data() + at, static_cast<int>(size - at));
      if (count <= 0) return bytes.substr(0, at);
      at += static_cast<std::size_t>(count);
    }
    return bytes;
  }

  StoppableWait wait_;
  Heard heard_;
  StreamSocket client_, site_, others_, quiet_;
  std::future<BridgeSessionEnd> end_;
  std::string site_stream_;
  FrameEvent event_;

 private:
  FrameDecoder decoder_{Role::kServer, 1 << 20};
  std::array<std::byte, 4096> buffer_;
  std::span<std::byte> input_;
};

TEST_F(BridgeSessionTest, ForwardsWholeMessagesAlone) {
  start();
  const std::string message = encodeMessage("{\"a\": 1}");
  clientSends(message + message.substr(0, 25));
  client_.shutdownSend();
  FrameStatus status = FrameStatus::kData;
  while (status == FrameStatus::kData) status = siteReads();
  ASSERT_EQ(status, FrameStatus::kClose);
  EXPECT_EQ(event_.code, CloseCode::kNormal);
  EXPECT_EQ(site_stream_, message);
  siteCloses(CloseCode::kNormal, "");
  EXPECT_EQ(end_.get().cause, BridgeCause::kDetached);
}

TEST_F(BridgeSessionTest, TellsWhatItHears) {
  start();
  const std::string content = R"({"seq": 1, "type": "event", "event": "x"})";
  const std::string message = encodeMessage(content);
  siteSends(Opcode::kBinary, message);
  EXPECT_EQ(clientReads(message.size()), message);
  clientSends(encodeMessage(R"({"type":"request","command":"initialize","arguments":)"
                            R"({"clientID":"nvim"}})"));
  clientSends(encodeMessage(R"({"type":"request","command":"setBreakpoints","arguments":{"source":)"
                            R"({"path":"/srv/app/a.py"},"breakpoints":[{"line":1}]}})"));
  while (site_stream_.find("}]}}") == std::string::npos) {
    ASSERT_EQ(siteReads(), FrameStatus::kData);
  }
  client_.close();
  ASSERT_EQ(siteReads(), FrameStatus::kClose);
  site_.close();
  end_.get();
  EXPECT_EQ(heard_.messages, std::vector<std::string>{content});
  EXPECT_EQ(heard_.names, std::vector<std::string>{"nvim"});
  EXPECT_EQ(heard_.files, std::vector<std::string>{"a.py"});
  EXPECT_GE(heard_.ticks, 1);
}

TEST_F(BridgeSessionTest, FindsASiteThatIsSilent) {
  BridgeSessionLimits limits;
  limits.silence = 1ms;
  start(limits);
  EXPECT_NE(clientReads(10'000).find("the connection is dead"), std::string::npos);
  client_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kSiteLost);
}

TEST_F(BridgeSessionTest, TakesASiteThatHasToWaitForNoSilentOne) {
  BridgeSessionLimits limits;
  limits.silence = 3s;
  start(limits);
  const std::string message = eventOf(3'000'000);
  std::thread sender([&] { siteSends(Opcode::kBinary, message); });
  // Nothing is taken from the site for longer than it may be silent.
  EXPECT_EQ(end_.wait_for(4s), std::future_status::timeout);
  EXPECT_EQ(clientReads(message.size()), message);
  sender.join();
  client_.close();
  site_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kDetached);
}

TEST_F(BridgeSessionTest, DoesNotWaitForEverForTheSitesGoodbye) {
  BridgeSessionLimits limits;
  limits.close = 1ms;
  start(limits);
  client_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kDetached);
  EXPECT_EQ(siteReads(), FrameStatus::kClose);
}

TEST_F(BridgeSessionTest, DoesNotWaitForEverForAClientThatTakesNothing) {
  BridgeSessionLimits limits;
  limits.close = 1ms;
  start(limits);
  // More than its socket holds, less than makes the site wait.
  siteSends(Opcode::kBinary, eventOf(350'000));
  siteCloses(CloseCode::kGoingAway, "");
  const BridgeSessionEnd end = end_.get();
  EXPECT_EQ(end.cause, BridgeCause::kSiteEnded);
  EXPECT_EQ(end.text, "the site is going down or is being reloaded");
}

TEST_F(BridgeSessionTest, AnswersPingsAndTheCloseFrame) {
  start();
  siteSends(Opcode::kPing, "1");
  ASSERT_EQ(siteReads(), FrameStatus::kPong);
  EXPECT_EQ(event_.payload.size(), 1U);
  siteCloses(CloseCode::kTryAgainLater, "Another one is attached.");
  ASSERT_EQ(siteReads(), FrameStatus::kClose);
  EXPECT_EQ(event_.code, CloseCode::kTryAgainLater);
  const std::string said = clientReads(10'000);
  EXPECT_EQ(said, outputNotice("the site says: Another one is attached.") + terminatedNotice());
  client_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kSiteEnded);
}

TEST_F(BridgeSessionTest, IsStopped) {
  start();
  siteSends(Opcode::kPing, "");
  ASSERT_EQ(siteReads(), FrameStatus::kPong);
  wait_.stop();
  ASSERT_EQ(siteReads(), FrameStatus::kClose);
  EXPECT_EQ(event_.text, "the bridge was stopped");
  siteCloses(CloseCode::kNormal, "");
  EXPECT_EQ(clientReads(10'000), terminatedNotice());
  client_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kStopped);
}

/// By which an editor would run a program here.
TEST_F(BridgeSessionTest, PassesNoRequestOfTheSitesOn) {
  start();
  const std::string request =
      R"({"seq":7,"type":"request","command":"runInTerminal","arguments":{"args":["sh"]}})";
  const std::string launch = R"({"type":"event","event":"debugpyAttach","body":{"type":"node"}})";
  siteSends(Opcode::kBinary, encodeMessage(request) + encodeMessage(launch) +
                                 encodeMessage(request) + encodeMessage("no JSON") + eventOf(1));
  EXPECT_EQ(clientReads(eventOf(1).size()), eventOf(1));
  const std::string answer = refusedRequest(7, "runInTerminal");
  while (site_stream_.size() < 2 * answer.size()) ASSERT_EQ(siteReads(), FrameStatus::kData);
  EXPECT_EQ(site_stream_, answer + answer);
  client_.close();
  ASSERT_EQ(siteReads(), FrameStatus::kClose);
  site_.close();
  end_.get();
  ASSERT_EQ(heard_.warnings.size(), 1U);
  EXPECT_NE(heard_.warnings[0].find("the request \"runInTerminal\""), std::string::npos);
}

/// The number of bytes of a message is the one that was looked at.
TEST_F(BridgeSessionTest, MakesTheHeadersOfTheSitesMessagesItself) {
  start();
  const std::string content = R"({"type":"response"})";
  siteSends(Opcode::kBinary, "X: 1\r\ncontent-LENGTH:19\r\nContent-Type: utf-16\r\n\r\n" + content);
  EXPECT_EQ(clientReads(encodeMessage(content).size()), encodeMessage(content));
}

TEST_F(BridgeSessionTest, EndsWithASiteThatSpeaksNoDap) {
  start();
  siteSends(Opcode::kBinary, eventOf(1) + "what is this?\r\n\r\n" + eventOf(2));
  const std::string said = clientReads(10'000);
  EXPECT_TRUE(said.starts_with(eventOf(1)));
  EXPECT_TRUE(said.ends_with(terminatedNotice()));
  EXPECT_EQ(said.find("what is this?"), std::string::npos);
  client_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kSiteLost);
}

TEST_F(BridgeSessionTest, EndsWithASiteWhoseMessageIsTooLong) {
  BridgeSessionLimits limits;
  limits.max_message = 1 << 20;
  start(limits);
  siteSends(Opcode::kBinary, "Content-Length: 1048577\r\n\r\n");
  EXPECT_NE(clientReads(10'000).find("more than 1 MiB"), std::string::npos);
  client_.close();
  EXPECT_EQ(end_.get().cause, BridgeCause::kSiteLost);
}

class BrowserTest : public BridgeSessionTest, public testing::WithParamInterface<bool> {};

/// Its page chooses most of what it sends.
TEST_P(BrowserTest, IsSentAwayAtOnce) {
  start({}, GetParam());
  // Its fields have a length, behind which comes what an engine would take for a message.
  const std::string body = encodeMessage(R"({"seq":1,"type":"request","command":"initialize"})");
  clientSends("POST /a:b HTTP/1.1\r\nHost: 127.0.0.1:5678\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  // Before the site has answered.
  EXPECT_EQ(clientReads(1), "");
  ASSERT_EQ(siteReads(), FrameStatus::kClose);
  EXPECT_EQ(site_stream_, "");
  siteCloses(CloseCode::kNormal, "");
  EXPECT_EQ(end_.get().cause, BridgeCause::kNoDap);
}

INSTANTIATE_TEST_SUITE_P(Raw, BrowserTest, testing::Bool());

TEST_F(BridgeSessionTest, PassesRawBytesOnThatCouldHaveBecomeARequest) {
  start({}, true);
  for (const char* piece : {"P", "TVSDBG", "GET "}) clientSends(piece);
  while (site_stream_.size() < 11) ASSERT_EQ(siteReads(), FrameStatus::kData);
  EXPECT_EQ(site_stream_, "PTVSDBGGET ");
}

TEST_F(BridgeSessionTest, RefusesAMessageThatIsTooLong) {
  BridgeSessionLimits limits;
  limits.max_message = 1 << 20;
  start(limits);
  clientSends("Content-Length: 1048577\r\n\r\n");
  ASSERT_EQ(siteReads(), FrameStatus::kClose);
  siteCloses(CloseCode::kNormal, "");
  EXPECT_EQ(clientReads(1), "");
  client_.close();
  const BridgeSessionEnd end = end_.get();
  EXPECT_EQ(end.cause, BridgeCause::kNoDap);
  EXPECT_NE(end.text.find("more than 1 MiB"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::proxy
