/// \file session_fixture.h
/// A session between a client and an engine that the test plays, over real sockets.
#pragma once

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/session/session.h"
#include "proxy/tap/dap_framing.h"
#include "tests/support/bytes.h"
#include "tests/support/descriptors.h"

namespace holdfast::proxy {

inline constexpr std::chrono::seconds kTestPatience{20};

/// A blocking end of a connection, whose reads and writes end with the test's patience.
class TestEnd {
 public:
  explicit TestEnd(Poco::Net::StreamSocket socket) : socket_(std::move(socket)) {
    socket_.setReceiveTimeout(Poco::Timespan(kTestPatience.count(), 0));
    socket_.setSendTimeout(Poco::Timespan(kTestPatience.count(), 0));
  }
  ~TestEnd() { socket_.close(); }
  TestEnd(TestEnd&& other) = default;
  TestEnd(const TestEnd&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const int sent = socket_.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Empty: the other side has ended; throws on a reset, or where nothing comes.
  std::string read() {
    std::string bytes(std::size_t{64} << 10, '\0');
    const int count = socket_.receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(count));
    return bytes;
  }
  /// Ends our direction only.
  void halfClose() { socket_.shutdownSend(); }
  void close() { socket_.close(); }
  void reset() {
    socket_.setLinger(true, 0);
    socket_.close();
  }
  Poco::Net::StreamSocket& socket() { return socket_; }

 private:
  Poco::Net::StreamSocket socket_;
};

/// Plays the debug engine: whole DAP messages.
class FakeEngine : public TestEnd {
 public:
  using TestEnd::TestEnd;

  void send(std::string_view content) { write(encodeMessage(content)); }
  /// Content of the next message; "EOF" at the end.
  std::string receive() {
    std::string_view content;
    while (true) {
      std::span<const std::byte> input = asBytes(std::string_view(bytes_).substr(used_));
      const DecodeStatus status = decoder_.next(input, content);
      used_ = bytes_.size() - input.size();
      if (status == DecodeStatus::kMessage) return std::string(content);
      if (status != DecodeStatus::kNeedMore) throw std::runtime_error("the engine got no DAP");
      bytes_ = read();
      used_ = 0;
      if (bytes_.empty()) return decoder_.atBoundary() ? "EOF" : "EOF within a message";
    }
  }

 private:
  MessageDecoder decoder_{std::size_t{128} << 20};
  std::string bytes_;
  std::size_t used_ = 0;
};

/// Plays the client: frames of a WebSocket.
class FakeClient : public TestEnd {
 public:
  using TestEnd::TestEnd;

  void sendFrame(Opcode opcode, std::string_view payload) {
    std::string out;
    appendFrame(out, Role::kClient, opcode, payload);
    write(out);
  }
  void send(std::string_view content) { sendFrame(Opcode::kBinary, encodeMessage(content)); }
  void sendClose(CloseCode code) {
    std::string out;
    appendClose(out, Role::kClient, code, "bye");
    write(out);
  }
  /// The answer to the upgrade, which stands before all frames.
  std::string readHead(std::size_t size) {
    while (bytes_.size() < size) bytes_ += read();
    const std::string head = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return head;
  }
  /// Next of: content of a DAP message, "PING:...", "PONG:...", "CLOSE:code:reason", "EOF".
  std::string receive() {
    while (true) {
      std::string_view content;
      std::span<const std::byte> input = asBytes(stream_);
      const DecodeStatus status = messages_.next(input, content);
      const std::string message(content);
      stream_.erase(0, stream_.size() - input.size());
      if (status == DecodeStatus::kMessage) return message;
      if (status != DecodeStatus::kNeedMore) throw std::runtime_error("the client got no DAP");
      const std::string control = receiveFrame();
      if (!control.empty()) return control;
    }
  }

 private:
  /// Adds data to the stream. \return what is none
  std::string receiveFrame() {
    if (bytes_.empty() && (bytes_ = read()).empty()) return "EOF";
    std::span<std::byte> input(reinterpret_cast<std::byte*>(bytes_.data()), bytes_.size());
    FrameEvent event;
    const FrameStatus status = frames_.next(input, event);
    std::string seen;
    if (status == FrameStatus::kError) throw std::runtime_error(std::string(event.text));
    if (status == FrameStatus::kData) stream_ += asText(event.payload);
    if (status == FrameStatus::kPing) seen = "PING:" + asText(event.payload);
    if (status == FrameStatus::kPong) seen = "PONG:" + asText(event.payload);
    if (status == FrameStatus::kClose) {
      seen =
          "CLOSE:" + std::to_string(static_cast<int>(event.code)) + ":" + std::string(event.text);
    }
    bytes_.erase(0, bytes_.size() - input.size());
    return seen;
  }

  FrameDecoder frames_{Role::kClient, std::uint64_t{1} << 40};
  MessageDecoder messages_{std::size_t{128} << 20};
  std::string bytes_;
  std::string stream_;
};

class SessionFixture : public testing::Test {
 protected:
  static constexpr const char* kHead = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

  SessionFixture() { limits_.greeting = std::chrono::milliseconds(1); }
  ~SessionFixture() override {
    // Not to wait for what these would never answer.
    client_.reset();
    engine_.reset();
  }

  /// Starts a session with the client in the test's hands.
  void start(std::string leftover = "") {
    Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
    startThrough(listener, std::move(leftover));
  }

  /// The client comes by that listener.
  void startThrough(Poco::Net::ServerSocket& listener, std::string leftover = "") {
    Poco::Net::StreamSocket client;
    client.connect(listener.address());
    startWith(listener.acceptConnection(), std::move(leftover), port_.address());
    client_ = std::make_unique<FakeClient>(std::move(client));
    EXPECT_EQ(client_->readHead(std::string_view(kHead).size()), kHead);
  }

  void startWith(Poco::Net::StreamSocket client, std::string leftover,
                 const Poco::Net::SocketAddress& engine) {
    auto promise = std::make_shared<std::promise<SessionEnd>>();
    ended_ = promise->get_future();
    session_ =
        std::make_unique<Session>(SessionPlan{std::move(client), kHead, std::move(leftover), engine,
                                              limits_, observer_, rest_},
                                  [promise](const SessionEnd& end) { promise->set_value(end); });
  }

  /// What blocks until the other side reads. Its end, or its exception, comes by get(), which must
  /// not be forgotten.
  template <typename Function>
  [[nodiscard]] static std::future<void> meanwhile(Function function) {
    return std::async(std::launch::async, std::move(function));
  }

  SessionEnd awaitEnd() {
    if (ended_.wait_for(kTestPatience) != std::future_status::ready) {
      throw std::runtime_error("the session did not end");
    }
    return ended_.get();
  }

  /// Has the client said `initialize`, and the engine heard it.
  void begin() {
    client_->send(kInitialize);
    acceptEngine();
    EXPECT_EQ(engine_->receive(), kInitialize);
  }
  /// The session connects to the engine once the client has spoken.
  void acceptEngine() {
    if (!port_.poll(Poco::Timespan(kTestPatience.count(), 0), Poco::Net::Socket::SELECT_READ)) {
      throw std::runtime_error("nobody connects to the engine");
    }
    engine_ = std::make_unique<FakeEngine>(port_.acceptConnection());
  }
  bool engineWasLeftAlone() {
    return !port_.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ);
  }

  /// The engine gets a goodbye next, answers it, and gets the end of the stream.
  void expectGoodbye(int seq) {
    EXPECT_EQ(engine_->receive(), goodbye(seq));
    engine_->send(answer(seq));
    EXPECT_EQ(engine_->receive(), "EOF");
    engine_->close();
  }

  static std::string goodbye(int seq) {
    return "{\"seq\":" + std::to_string(seq) +
           ",\"type\":\"request\",\"command\":\"disconnect\",\"arguments\":"
           "{\"terminateDebuggee\":false}}";
  }
  static std::string answer(int seq, bool success = true) {
    return "{\"seq\": 9, \"type\": \"response\", \"request_seq\": " + std::to_string(seq) +
           ", \"success\": " + (success ? "true" : "false") + ", \"command\": \"disconnect\"}";
  }

  static constexpr const char* kInitialize =
      R"({"command":"initialize","arguments":{"clientID":"vscode","clientName":"Visual Studio Code"},"type":"request","seq":4})";

  DescriptorCheck descriptors_;
  Poco::Net::ServerSocket port_{Poco::Net::SocketAddress("127.0.0.1", 0)};
  SessionLimits limits_;
  std::chrono::milliseconds rest_{0};
  SessionObserver* observer_ = nullptr;
  std::unique_ptr<FakeEngine> engine_;
  std::unique_ptr<FakeClient> client_;
  std::unique_ptr<Session> session_;
  std::future<SessionEnd> ended_;
};

}  // namespace holdfast::proxy
