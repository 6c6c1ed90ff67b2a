#include "proxy/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/config/temp_directory.h"
#include "tests/proxy/session/session_fixture.h"
#include "tests/support/cuts.h"

namespace holdfast::proxy {
namespace {

using std::chrono::milliseconds;

class SessionTest : public SessionFixture {};

std::string request(int seq, const std::string& command, const std::string& arguments = "{}") {
  return "{\"command\":\"" + command + "\",\"arguments\":" + arguments +
         ",\"type\":\"request\",\"seq\":" + std::to_string(seq) + "}";
}

std::string event(int seq, const std::string& name) {
  return R"({"seq": )" + std::to_string(seq) + R"(, "type": "event", "event": ")" + name + "\"}";
}

TEST_F(SessionTest, RelaysMessagesBothWays) {
  start();
  begin();
  EXPECT_EQ(session_->clientName(), "Visual Studio Code");
  engine_->send(event(1, "initialized"));
  EXPECT_EQ(client_->receive(), event(1, "initialized"));
  client_->send(request(5, "next"));
  EXPECT_EQ(engine_->receive(), request(5, "next"));
  EXPECT_FALSE(session_->isEnding());
}

TEST_F(SessionTest, TakesWhatCameBehindTheUpgrade) {
  std::string leftover;
  appendFrame(leftover, Role::kClient, Opcode::kBinary, encodeMessage(kInitialize));
  limits_.ping = 2 * kTestPatience;  // would wake it
  start(leftover);
  acceptEngine();
  EXPECT_EQ(engine_->receive(), kInitialize);
}

TEST_F(SessionTest, TakesAClientOnAUnixSocket) {
  const TempDirectory directory;
  const Poco::Net::SocketAddress path(Poco::Net::SocketAddress::UNIX_LOCAL,
                                      (directory.path() / "channel.sock").string());
  Poco::Net::ServerSocket listener;
  listener.bind(path);
  listener.listen();
  startThrough(listener);
  begin();
  client_->close();
  expectGoodbye(5);
  EXPECT_EQ(awaitEnd().cause, SessionCause::kClientLost);
}

TEST_F(SessionTest, MakesWholeMessagesOfPieces) {
  start();
  begin();
  std::string stream;
  std::vector<std::string> sent;
  for (int seq = 5; seq < 30; ++seq) {
    sent.push_back(
        request(seq, "next", '"' + std::string(static_cast<std::size_t>(seq), 'x') + '"'));
    stream += encodeMessage(sent.back());
  }
  std::string frames;
  for (const std::string_view chunk : cutAtRandom(stream, 7)) {
    appendFrame(frames, Role::kClient, Opcode::kBinary, chunk);
  }
  for (const std::string_view chunk : cutAtRandom(frames, 8)) client_->write(chunk);
  for (const std::string& content : sent) EXPECT_EQ(engine_->receive(), content);
}

TEST_F(SessionTest, RelaysLongMessagesBothWays) {
  start();
  begin();
  // Many times what a session keeps, and no more: instrumented builds are slow with it.
  const std::string body = '"' + std::string(std::size_t{8} << 20, 'x') + '"';
  const std::string question = request(5, "setVariable", body);
  auto asking = meanwhile([&] {
    client_->send(question);
    client_->send(request(6, "next"));
  });
  EXPECT_TRUE(engine_->receive() == question);
  EXPECT_EQ(engine_->receive(), request(6, "next"));
  asking.get();
  const std::string output = R"({"seq":3,"type":"event","event":"output","body":)" + body + "}";
  auto speaking = meanwhile([&] { engine_->send(output); });
  EXPECT_TRUE(client_->receive() == output);
  speaking.get();
}

TEST_F(SessionTest, AnswersPings) {
  start();
  client_->sendFrame(Opcode::kPing, "are you there");
  EXPECT_EQ(client_->receive(), "PONG:are you there");
}

TEST_F(SessionTest, SendsPingsToAClientThatIsSilent) {
  limits_.ping = milliseconds(10);
  start();
  EXPECT_EQ(client_->receive(), "PING:");
  EXPECT_EQ(client_->receive(), "PING:");
}

// --- the client goes ---

TEST_F(SessionTest, SaysGoodbyeWhenTheClientHalfCloses) {
  start();
  begin();
  client_->halfClose();
  expectGoodbye(5);
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kClientLost);
  EXPECT_TRUE(end.engine_released);
  EXPECT_EQ(end.bytes_from_client, encodeMessage(kInitialize).size());
}

TEST_F(SessionTest, SaysGoodbyeWhenTheClientResets) {
  start();
  begin();
  client_->reset();
  expectGoodbye(5);
  EXPECT_EQ(awaitEnd().cause, SessionCause::kClientLost);
}

TEST_F(SessionTest, SaysGoodbyeBetweenMessagesWhenTheClientGoesWithinOne) {
  start();
  begin();
  const std::string frame = encodeMessage(request(5, "next"));
  client_->sendFrame(Opcode::kBinary, std::string_view(frame).substr(0, 30));
  client_->close();
  expectGoodbye(5);
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, SaysGoodbyeWhenTheClientGoesWithinAFrame) {
  start();
  begin();
  std::string frame;
  appendFrame(frame, Role::kClient, Opcode::kBinary, encodeMessage(request(5, "next")));
  client_->write(std::string_view(frame).substr(0, 1));
  client_->close();
  expectGoodbye(5);
}

TEST_F(SessionTest, SaysGoodbyeWhenNothingComesFromTheClient) {
  limits_.ping = milliseconds(20);
  limits_.silence = milliseconds(1000);
  start();
  begin();
  expectGoodbye(5);
  EXPECT_EQ(awaitEnd().cause, SessionCause::kClientSilent);
}

TEST_F(SessionTest, KeepsAClientThatAnswersPings) {
  limits_.ping = milliseconds(120);
  limits_.silence = milliseconds(3000);
  start();
  for (int answered = 0; answered < 30; ++answered) {
    EXPECT_EQ(client_->receive(), "PING:");
    client_->sendFrame(Opcode::kPong, "");
  }
  begin();  // after more than limits.silence
}

TEST_F(SessionTest, AnswersACloseFrameAndSaysGoodbye) {
  start();
  begin();
  client_->sendClose(CloseCode::kGoingAway);
  EXPECT_EQ(client_->receive(), "CLOSE:1001:");
  EXPECT_EQ(client_->receive(), "EOF");
  client_->close();
  expectGoodbye(5);
  EXPECT_EQ(awaitEnd().cause, SessionCause::kClientClosed);
}

TEST_F(SessionTest, DoesNotRepeatTheClientsGoodbye) {
  start();
  begin();
  client_->send(request(5, "disconnect"));
  client_->close();
  EXPECT_EQ(engine_->receive(), request(5, "disconnect"));
  engine_->send(answer(5));
  EXPECT_EQ(engine_->receive(), "EOF");
  engine_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, SaysGoodbyeWhereTheClientsWasRefused) {
  start();
  begin();
  client_->send(request(5, "disconnect"));
  EXPECT_EQ(engine_->receive(), request(5, "disconnect"));
  engine_->send(answer(5, false));
  EXPECT_EQ(client_->receive(), answer(5, false));
  client_->close();
  expectGoodbye(6);
}

TEST_F(SessionTest, ReadsWhatTheEngineSaysBeforeItsAnswer) {
  start();
  begin();
  client_->close();
  EXPECT_EQ(engine_->receive(), goodbye(5));
  auto speaking = meanwhile([this] {
    for (int seq = 1; seq < 4; ++seq) {
      engine_->send(R"({"seq":1,"type":"event","event":"output","body":")" +
                    std::string(std::size_t{4} << 20, 'o') + "\"}");
    }
    engine_->send(answer(5));
  });
  EXPECT_EQ(engine_->receive(), "EOF");
  speaking.get();
  engine_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, TellsThatAnEngineDidNotAnswerTheGoodbye) {
  limits_.goodbye = milliseconds(50);
  start();
  begin();
  client_->close();
  const SessionEnd end = awaitEnd();
  EXPECT_FALSE(end.engine_released);
  EXPECT_EQ(engine_->receive(), goodbye(5));
}

TEST_F(SessionTest, WaitsForAnEngineThatIsStillAnsweringTheClientsRequests) {
  limits_.goodbye = milliseconds(3000);
  start();
  begin();
  client_->close();
  EXPECT_EQ(engine_->receive(), goodbye(5));
  for (int i = 0; i < 9; ++i) {
    std::this_thread::sleep_for(milliseconds(400));
    engine_->send(answer(1 + i % 4));
  }
  engine_->send(answer(5));
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, WhatTheAppPrintsIsNoAnswer) {
  limits_.goodbye = std::chrono::seconds(1);
  start();
  begin();
  client_->close();
  EXPECT_EQ(engine_->receive(), goodbye(5));
  const auto since = std::chrono::steady_clock::now();
  try {
    for (int seq = 1;; ++seq) {
      std::this_thread::sleep_for(milliseconds(10));
      engine_->send(event(seq, "output"));
    }
  } catch (const Poco::Exception&) {
    // It was closed, long before the ten times that an engine has which answers bit by bit.
    EXPECT_LT(std::chrono::steady_clock::now() - since, std::chrono::seconds(8));
  }
  EXPECT_FALSE(awaitEnd().engine_released);
}

TEST_F(SessionTest, DoesNotWaitForeverForAnEngineThatOnlyTalks) {
  limits_.goodbye = milliseconds(20);
  start();
  begin();
  client_->close();
  EXPECT_EQ(engine_->receive(), goodbye(5));
  try {
    for (int seq = 1;; ++seq) engine_->send(event(seq, "output"));
  } catch (const Poco::Exception&) {
    // It was closed.
  }
  EXPECT_FALSE(awaitEnd().engine_released);
}

TEST_F(SessionTest, DoesNotWaitLongForAnEngineThatStaysConnected) {
  start();
  begin();
  client_->close();
  EXPECT_EQ(engine_->receive(), goodbye(5));
  engine_->send(answer(5));
  EXPECT_TRUE(awaitEnd().engine_released);
}

// --- the client breaks rules ---

TEST_F(SessionTest, ClosesWhereTheClientBreaksTheWebSocketsRules) {
  start();
  begin();
  client_->write("\x82\x01x");
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(), "CLOSE:1002:a client's frame is not masked");
  client_->close();
  expectGoodbye(5);
  EXPECT_EQ(awaitEnd().cause, SessionCause::kClientBroke);
}

TEST_F(SessionTest, ClosesWhereTheClientSpeaksNoDap) {
  start();
  client_->sendFrame(Opcode::kBinary, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client_->receive(), "CLOSE:1002:this is no Debug Adapter Protocol");
  client_->sendClose(CloseCode::kProtocolError);
  EXPECT_EQ(client_->receive(), "EOF");
  client_->close();
  EXPECT_EQ(awaitEnd().cause, SessionCause::kClientBroke);
}

TEST_F(SessionTest, ClosesWhereAMessageIsTooLong) {
  limits_.max_message = 1000;
  start();
  begin();
  client_->sendFrame(Opcode::kBinary, "Content-Length: 1001\r\n\r\n");
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(), "CLOSE:1009:a message has more than 1000 bytes");
  client_->close();
  expectGoodbye(5);
}

TEST_F(SessionTest, DoesNotWaitForeverForAClientsCloseFrame) {
  limits_.close = milliseconds(50);
  start();
  session_->end(CloseCode::kGoingAway, "enough", false);
  EXPECT_EQ(client_->receive(), "CLOSE:1001:enough");
  EXPECT_EQ(client_->receive(), "EOF");
  awaitEnd();
}

// --- before the engine knows of the client ---

TEST_F(SessionTest, LeavesTheEngineAloneWhereTheClientSaysNothing) {
  start();
  client_->sendFrame(Opcode::kBinary, encodeMessage(kInitialize).substr(0, 60));
  client_->sendClose(CloseCode::kNormal);
  EXPECT_EQ(client_->receive(), "CLOSE:1000:");
  client_->close();
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kClientClosed);
  EXPECT_TRUE(end.engine_released);
  EXPECT_TRUE(engineWasLeftAlone());
}

TEST_F(SessionTest, LeavesTheEngineAloneWhereTheClientDoesNotInitialize) {
  start();
  client_->send(request(1, "disconnect"));
  EXPECT_EQ(client_->receive(), "CLOSE:1002:a debug session begins with the request `initialize`");
  client_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
  EXPECT_TRUE(engineWasLeftAlone());
}

TEST_F(SessionTest, SaysNothingUntilTheEngineHasGreeted) {
  limits_.greeting = kTestPatience;
  start();
  client_->send(kInitialize);
  acceptEngine();
  engine_->send(event(1, "output"));
  EXPECT_EQ(client_->receive(), event(1, "output"));
  EXPECT_FALSE(engine_->socket().poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
  engine_->send(event(2, "debugpySockets"));
  EXPECT_EQ(engine_->receive(), kInitialize);
}

TEST_F(SessionTest, DoesNotLeaveAnEngineThatIsGreeting) {
  limits_.greeting = kTestPatience;
  start();
  client_->send(kInitialize);
  acceptEngine();
  client_->sendClose(CloseCode::kNormal);
  EXPECT_EQ(client_->receive(), "CLOSE:1000:");
  client_->close();
  EXPECT_FALSE(engine_->socket().poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
  engine_->send(event(2, "debugpySockets"));
  EXPECT_EQ(engine_->receive(), "EOF");
  engine_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, LetsTheEngineRestFirst) {
  rest_ = kTestPatience;
  start();
  client_->send(kInitialize);
  client_->sendFrame(Opcode::kPing, "");
  EXPECT_EQ(client_->receive(), "PONG:");
  EXPECT_TRUE(engineWasLeftAlone());
  client_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, EndsWhereTheEngineDoesNotAnswer) {
  limits_.answer = milliseconds(1000);
  start();
  begin();
  engine_->send(event(1, "output"));
  EXPECT_EQ(client_->receive(), event(1, "output"));
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(),
            "CLOSE:1011:the debug engine does not answer; a new one is being started");
  client_->close();
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kEngineUnreachable);
  EXPECT_FALSE(end.engine_released);
}

TEST_F(SessionTest, LetsAnEngineThatHasAnsweredBeSilent) {
  limits_.answer = milliseconds(2000);
  limits_.ping = milliseconds(500);
  start();
  begin();
  const std::string initialized =
      R"({"seq":1,"type":"response","request_seq":4,"success":true,"command":"initialize"})";
  engine_->send(initialized);
  EXPECT_EQ(client_->receive(), initialized);
  for (int ping = 0; ping < 5; ++ping) {
    EXPECT_EQ(client_->receive(), "PING:");
    client_->sendFrame(Opcode::kPong, "");
  }
}

// --- the engine goes ---

TEST_F(SessionTest, WantsAnEngineThatClosesWithoutAnAnswerReplaced) {
  start();
  begin();
  engine_->close();
  client_->receive();
  client_->close();
  EXPECT_FALSE(awaitEnd().engine_released);
}

/// They stand in our buffer when the engine goes.
TEST_F(SessionTest, SwallowsWhatTheClientHasSentWhenTheEngineCloses) {
  start();
  begin();
  std::string frames;
  for (int seq = 5; seq < 4000; ++seq) {
    appendFrame(frames, Role::kClient, Opcode::kBinary,
                encodeMessage(request(seq, "setVariable", '"' + std::string(2000, 'x') + '"')));
  }
  appendClose(frames, Role::kClient, CloseCode::kNormal, "");
  std::thread writer([&] { client_->write(frames); });
  EXPECT_EQ(engine_->receive().substr(0, 25), request(5, "setVariable").substr(0, 25));
  engine_->close();
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_THAT(client_->receive(), testing::HasSubstr("CLOSE:1011:the debug engine has closed"));
  writer.join();
  EXPECT_EQ(client_->receive(), "EOF");
  client_->close();
  EXPECT_EQ(awaitEnd().cause, SessionCause::kEngineClosed);
}

TEST_F(SessionTest, ClosesWhenTheEngineEndsTheSessionAfterAGoodbye) {
  start();
  begin();
  client_->send(request(5, "disconnect"));
  EXPECT_EQ(engine_->receive(), request(5, "disconnect"));
  engine_->send(answer(5));
  engine_->close();
  EXPECT_EQ(client_->receive(), answer(5));
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(), "CLOSE:1000:the debug session is over");
  client_->close();
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kEngineClosed);
  EXPECT_TRUE(end.engine_released);
}

TEST_F(SessionTest, TellsTheClientThatTheEngineHasClosed) {
  start();
  begin();
  engine_->send(event(3, "stopped"));
  EXPECT_EQ(client_->receive(), event(3, "stopped"));
  engine_->close();
  EXPECT_EQ(client_->receive(), R"({"seq":4,"type":"event","event":"terminated"})");
  EXPECT_EQ(client_->receive(), "CLOSE:1011:the debug engine has closed the connection");
  client_->close();
  EXPECT_EQ(awaitEnd().cause, SessionCause::kEngineClosed);
}

TEST_F(SessionTest, PutsNothingIntoAMessageThatTheEngineHasNotFinished) {
  start();
  begin();
  const std::string part = encodeMessage(event(3, "stopped")).substr(0, 30);
  engine_->write(part);
  engine_->close();
  EXPECT_EQ(client_->receive(), "CLOSE:1011:the debug engine has closed the connection");
  client_->close();
  EXPECT_EQ(awaitEnd().bytes_to_client, part.size());
}

TEST_F(SessionTest, TellsTheClientThatTheLaneDied) {
  start();
  begin();
  session_->engineGone();
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(), "CLOSE:1011:the debugged process has ended");
  client_->close();
  EXPECT_EQ(engine_->receive(), "EOF");
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kEngineClosed);
  EXPECT_TRUE(end.engine_released);
}

TEST_F(SessionTest, DoesNotRepeatTheEnginesTerminated) {
  start();
  begin();
  engine_->send(event(3, "terminated"));
  EXPECT_EQ(client_->receive(), event(3, "terminated"));
  session_->engineGone();
  EXPECT_EQ(client_->receive(), "CLOSE:1011:the debugged process has ended");
}

TEST_F(SessionTest, RelaysAnEngineThatSpeaksNoDap) {
  start();
  begin();
  engine_->write("Traceback: none\r\n\r\n");
  engine_->write(encodeMessage("{}"));
  client_->halfClose();
  EXPECT_EQ(engine_->receive(), goodbye(5));
  engine_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, TellsTheClientThatTheEngineIsNotThere) {
  start();
  port_.close();
  client_->send(kInitialize);
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(), "CLOSE:1011:the debug engine cannot be reached");
  client_->close();
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kEngineUnreachable);
  EXPECT_FALSE(end.engine_released);
  EXPECT_THAT(end.text, testing::HasSubstr("refused"));
}

// --- the host ends it ---

TEST_F(SessionTest, SwallowsWhatStandsBehindTheClientsCloseFrame) {
  start();
  session_->end(CloseCode::kGoingAway, "over", false);
  EXPECT_EQ(client_->receive(), "CLOSE:1001:over");
  std::string close;
  appendClose(close, Role::kClient, CloseCode::kGoingAway, "");
  client_->write(close + "more");
  EXPECT_EQ(client_->receive(), "EOF");
  client_->write("and more");
  client_->close();
  EXPECT_EQ(awaitEnd().cause, SessionCause::kStopped);
}

TEST_F(SessionTest, AsksTheClientToAttachAnew) {
  start();
  begin();
  session_->end(CloseCode::kGoingAway, "the site is reloaded", true);
  EXPECT_EQ(client_->receive(),
            R"({"seq":1,"type":"event","event":"terminated","body":{"restart":true}})");
  EXPECT_EQ(client_->receive(), "CLOSE:1001:the site is reloaded");
  EXPECT_TRUE(session_->isEnding());
  client_->sendClose(CloseCode::kGoingAway);
  EXPECT_EQ(client_->receive(), "EOF");
  client_->close();
  expectGoodbye(5);
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kStopped);
  EXPECT_THAT(end.text, testing::HasSubstr("the site is reloaded"));
  EXPECT_TRUE(end.engine_released);
}

TEST_F(SessionTest, HasLeftTheEngineBeforeTheClientAnswers) {
  limits_.close = 2 * kTestPatience;
  start();
  begin();
  session_->end(CloseCode::kGoingAway, "taken over", false);
  expectGoodbye(5);
  EXPECT_TRUE(awaitEnd().engine_released);
  EXPECT_NE(over_.wait_for(milliseconds(0)), std::future_status::ready);
  client_->close();
  EXPECT_EQ(over_.wait_for(kTestPatience), std::future_status::ready);
}

TEST_F(SessionTest, FinishesTheEnginesMessageBeforeItSpeaks) {
  start();
  begin();
  const std::string message = encodeMessage(event(3, "stopped"));
  engine_->write(std::string_view(message).substr(0, 30));
  // An answer to a ping is behind what the engine has sent.
  client_->sendFrame(Opcode::kPing, "");
  EXPECT_EQ(client_->receive(), "PONG:");
  session_->end(CloseCode::kPolicyViolation, "taken over", false);
  EXPECT_EQ(engine_->receive(), goodbye(5));
  engine_->write(std::string(message).substr(30) + encodeMessage(answer(5)));
  EXPECT_EQ(client_->receive(), event(3, "stopped"));
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_EQ(client_->receive(), "CLOSE:1008:taken over");
  client_->close();
  EXPECT_EQ(engine_->receive(), "EOF");
  engine_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

TEST_F(SessionTest, EndsWithItsOwner) {
  start();
  begin();
  auto owner = meanwhile([this] { session_.reset(); });
  EXPECT_THAT(client_->receive(), testing::HasSubstr("terminated"));
  EXPECT_THAT(client_->receive(), testing::HasSubstr("CLOSE:1001"));
  client_->close();
  expectGoodbye(5);
  owner.get();
}

TEST_F(SessionTest, EndsOnce) {
  start();
  begin();
  session_->end(CloseCode::kPolicyViolation, "first", false);
  session_->end(CloseCode::kGoingAway, "second", true);
  session_->engineGone();
  client_->receive();
  EXPECT_THAT(client_->receive(), testing::HasSubstr("CLOSE:"));
  client_->close();
  EXPECT_TRUE(awaitEnd().engine_released);
}

// --- a peer that takes nothing ---

TEST_F(SessionTest, StopsReadingTheClientWhileTheEngineTakesNothing) {
  start();
  begin();
  client_->socket().setBlocking(false);
  std::string frame;
  appendFrame(frame, Role::kClient, Opcode::kBinary,
              encodeMessage(request(5, "setVariable", '"' + std::string(60'000, 'x') + '"')));
  // Until the system's buffers are full, which nothing but the session empties.
  std::size_t sent = 0;
  std::size_t frames = 0;
  while (client_->socket().poll(Poco::Timespan(1, 0), Poco::Net::Socket::SELECT_WRITE)) {
    const int count =
        client_->socket().sendBytes(frame.data() + sent, static_cast<int>(frame.size() - sent));
    sent += count > 0 ? static_cast<std::size_t>(count) : 0;
    if (sent == frame.size()) {
      sent = 0;
      ++frames;
    }
    ASSERT_LT(frames, 2000U) << "all that memory";
  }
  for (std::size_t i = 0; i < frames; ++i) EXPECT_EQ(engine_->receive().size(), 60'065U);
}

TEST_F(SessionTest, StopsReadingTheEngineWhileTheClientTakesNothing) {
  start();
  begin();
  engine_->socket().setBlocking(false);
  const std::string message = encodeMessage(R"({"seq":1,"type":"event","event":"output","body":")" +
                                            std::string(60'000, 'o') + "\"}");
  std::size_t sent = 0;
  while (engine_->socket().poll(Poco::Timespan(1, 0), Poco::Net::Socket::SELECT_WRITE)) {
    const std::size_t at = sent % message.size();
    const int count =
        engine_->socket().sendBytes(message.data() + at, static_cast<int>(message.size() - at));
    sent += count > 0 ? static_cast<std::size_t>(count) : 0;
    ASSERT_LT(sent, std::size_t{120} << 20) << "all that memory";
  }
  const std::size_t messages = sent / message.size();
  for (std::size_t i = 0; i < messages; ++i) EXPECT_GT(client_->receive().size(), 60'000U);
}

TEST_F(SessionTest, GivesUpAnEngineThatTakesNothing) {
  limits_.silence = milliseconds(300);
  limits_.close = milliseconds(50);
  std::string frame;
  appendFrame(frame, Role::kClient, Opcode::kBinary,
              encodeMessage(request(5, "setVariable", '"' + std::string(20 << 20, 'x') + '"')));
  start();
  begin();
  try {
    client_->write(frame);
  } catch (const Poco::Exception&) {
    // It was given up before the client could write all.
  }
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kEngineClosed) << end.text;
  EXPECT_FALSE(end.engine_released);
}

TEST_F(SessionTest, SaysGoodbyeForAClientThatTakesNothing) {
  limits_.ping = milliseconds(50);
  limits_.silence = milliseconds(1000);
  start();
  begin();
  auto speaking = meanwhile([this] {
    engine_->send(R"({"seq":1,"type":"event","event":"output","body":")" +
                  std::string(std::size_t{40} << 20, 'o') + "\"}");
  });
  EXPECT_EQ(engine_->receive(), goodbye(5));
  speaking.get();
  engine_->send(answer(5));
  EXPECT_EQ(engine_->receive(), "EOF");
  engine_->close();
  const SessionEnd end = awaitEnd();
  EXPECT_EQ(end.cause, SessionCause::kClientSilent);
  EXPECT_TRUE(end.engine_released);
}

TEST_F(SessionTest, BoundsItsAnswersToPings) {
  start();
  std::string pings;
  for (int i = 0; i < 200'000; ++i) appendFrame(pings, Role::kClient, Opcode::kPing, "again");
  client_->write(pings);
  begin();
  EXPECT_EQ(client_->receive(), "PONG:again");
}

class Recorder : public SessionObserver {
 public:
  void onClientMessage(std::string_view content) override { add("client ", content); }
  void onEngineMessage(std::string_view content) override { add("engine ", content); }
  void onBlind() override { add("blind", ""); }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void add(const char* who, std::string_view content) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::string(who).append(content));
  }
  std::mutex mutex_;
  std::vector<std::string> heard_;
};

TEST_F(SessionTest, LetsAnObserverHearAllMessages) {
  Recorder recorder;
  observer_ = &recorder;
  start();
  begin();
  engine_->send(event(1, "stopped"));
  EXPECT_EQ(client_->receive(), event(1, "stopped"));
  client_->close();
  expectGoodbye(5);
  awaitEnd();
  EXPECT_EQ(recorder.heard(),
            (std::vector<std::string>{std::string("client ") + kInitialize,
                                      "engine " + event(1, "stopped"), "client " + goodbye(5),
                                      "engine " + answer(5)}));
  session_.reset();
}

TEST_F(SessionTest, TellsAnObserverOnceThatItHearsNoMore) {
  Recorder recorder;
  observer_ = &recorder;
  start();
  begin();
  engine_->write("Traceback: none\r\n\r\n");
  engine_->write(encodeMessage("{}"));
  EXPECT_NE(client_->read(), "");
  engine_->write("more");
  EXPECT_NE(client_->read(), "");
  engine_->close();
  awaitEnd();
  EXPECT_EQ(recorder.heard(),
            (std::vector<std::string>{std::string("client ") + kInitialize, "blind"}));
  session_.reset();
}

}  // namespace
}  // namespace holdfast::proxy
