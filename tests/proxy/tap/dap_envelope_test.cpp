#include "proxy/tap/dap_envelope.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::proxy {
namespace {

TEST(ReadEnvelope, FindsTheFieldsInAnyOrder) {
  const Envelope request = readEnvelope(
      R"( {"arguments" : {"type":"event","seq":9,"a":[{"b":"}"},"\"]"]}, "command":"next" ,"type":"request", "seq" : 12})");
  EXPECT_TRUE(request.isRequest("next"));
  EXPECT_EQ(request.seq, 12);

  const Envelope response = readEnvelope(
      R"({"seq":3,"type":"response","request_seq":2,"success":true,"command":"disconnect","body":{}})");
  EXPECT_TRUE(response.isResponse("disconnect"));
  EXPECT_EQ(response.request_seq, 2);
  EXPECT_TRUE(response.success);

  const Envelope event = readEnvelope(R"({"event":"stopped","type":"event","body":null,"seq":1})");
  EXPECT_TRUE(event.isEvent("stopped"));
  EXPECT_EQ(event.seq, 1);
}

TEST(ReadEnvelope, LooksAtTheOutermostFieldsOnly) {
  const Envelope event = readEnvelope(
      R"({"seq":1,"body":{"type":"response","command":"disconnect","success":true},"type":"event","event":"output"})");
  EXPECT_TRUE(event.isEvent("output"));
  EXPECT_FALSE(event.success);
}

TEST(ReadEnvelope, DoesNotReadBehindWhatItNeeds) {
  EXPECT_TRUE(
      readEnvelope(R"({"seq":1,"type":"event","event":"output","body":{{{{)").isEvent("output"));
}

TEST(ReadEnvelope, TakesWhatCameBeforeAnError) {
  for (const char* text : {"", "[]", "null", "{", "{\"seq\"", "{\"seq\":}", "{\"type\":\"request",
                           "{\"seq\":1.5,\"type\":\"request\"}", "{\"type\":1}", "{\"a\":{\"b\":[}",
                           "{\"seq\":1234567890123456,\"type\":\"request\"}"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(readEnvelope(text).type, Envelope::Type::kUnknown);
  }
}

TEST(ReadEnvelope, IsNotDeepenedByNesting) {
  const std::string deep = "{\"a\":" + std::string(1'000'000, '[') + std::string(1'000'000, ']') +
                           R"(,"seq":1,"type":"event","event":"e"})";
  EXPECT_TRUE(readEnvelope(deep).isEvent("e"));
}

}  // namespace
}  // namespace holdfast::proxy
