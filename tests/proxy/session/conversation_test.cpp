#include "proxy/session/conversation.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/tap/dap_envelope.h"

namespace holdfast::proxy {
namespace {

std::string initialize(const std::string& arguments) {
  return R"({"seq":1,"type":"request","command":"initialize","arguments":)" + arguments + "}";
}

std::string nameAfter(const std::string& content) {
  Conversation conversation;
  conversation.onClient(content);
  return conversation.clientName();
}

TEST(Conversation, KnowsTheClientsName) {
  EXPECT_EQ(nameAfter(initialize(R"({"clientID":"vscode","clientName":"VS Code"})")), "VS Code");
  EXPECT_EQ(nameAfter(initialize(R"({"clientID":"nvim"})")), "nvim");
  EXPECT_EQ(nameAfter(initialize(R"({"clientName":"a\u001b[31m\nb"})")), "a\\x1B[31m\\x0Ab");
  EXPECT_EQ(nameAfter(initialize("{\"clientName\":\"" + std::string(200, 'n') + "\"}")).size(),
            60U);
}

TEST(Conversation, DoesWithoutAName) {
  for (const char* arguments : {"{}", "null", "7", "[]", R"({"clientName":7})", "{", ""}) {
    EXPECT_EQ(nameAfter(initialize(arguments)), "") << arguments;
  }
}

TEST(Conversation, SaysGoodbyeWithAFreshNumber) {
  Conversation conversation;
  EXPECT_EQ(readEnvelope(conversation.goodbye()).seq, 1);
  conversation.onClient(R"({"seq":7,"type":"request","command":"next"})");
  conversation.onClient(R"({"seq":5,"type":"request","command":"threads"})");
  const std::string content = conversation.goodbye();
  const Envelope goodbye = readEnvelope(content);
  EXPECT_TRUE(goodbye.isRequest("disconnect"));
  EXPECT_EQ(goodbye.seq, 8);
}

TEST(Conversation, SeesTheGoodbyeOfEitherAndItsAnswer) {
  Conversation conversation;
  conversation.onClient(R"({"seq":7,"type":"request","command":"disconnect"})");
  EXPECT_TRUE(conversation.goodbyeSaid());
  conversation.onEngine(
      R"({"seq":1,"type":"response","request_seq":6,"success":true,"command":"disconnect"})");
  EXPECT_FALSE(conversation.goodbyeAnswered());
  conversation.onEngine(
      R"({"seq":2,"type":"response","request_seq":7,"success":true,"command":"disconnect"})");
  EXPECT_TRUE(conversation.goodbyeAnswered());
}

TEST(Conversation, DoesNotTakeARefusalForAnAnswer) {
  Conversation conversation;
  conversation.onClient(conversation.goodbye());
  conversation.onEngine(
      R"({"seq":2,"type":"response","request_seq":1,"success":false,"command":"disconnect"})");
  EXPECT_FALSE(conversation.goodbyeAnswered());
  EXPECT_FALSE(conversation.goodbyeSaid());
}

TEST(Conversation, TellsTheClientOfTheEnd) {
  Conversation conversation;
  EXPECT_FALSE(conversation.begun());
  conversation.onClient(initialize("{}"));
  EXPECT_TRUE(conversation.begun());
  conversation.onEngine(R"({"seq":41,"type":"event","event":"output"})");
  EXPECT_FALSE(conversation.terminated());
  EXPECT_EQ(conversation.terminatedEvent(false),
            R"({"seq":42,"type":"event","event":"terminated"})");
  EXPECT_EQ(conversation.terminatedEvent(true),
            R"({"seq":42,"type":"event","event":"terminated","body":{"restart":true}})");
  conversation.onEngine(conversation.terminatedEvent(false));
  EXPECT_TRUE(conversation.terminated());
}

}  // namespace
}  // namespace holdfast::proxy
