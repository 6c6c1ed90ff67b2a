#include "proxy/bridge/dap_notice.h"

#include <gtest/gtest.h>

#include "proxy/bridge/jsonc.h"
#include "proxy/tap/dap_envelope.h"
#include "proxy/tap/dap_framing.h"

namespace holdfast::proxy {
namespace {

/// \return the content of the one message that `bytes` are
std::string contentOf(const std::string& bytes) {
  MessageDecoder decoder(10'000);
  auto input = std::as_bytes(std::span(bytes));
  std::string_view content;
  EXPECT_EQ(decoder.next(input, content), DecodeStatus::kMessage);
  EXPECT_TRUE(input.empty());
  return std::string(content);
}

TEST(DapNotice, IsALineInTheConsole) {
  const std::string content = contentOf(outputNotice("the \"site\"\n  is down"));
  EXPECT_TRUE(readEnvelope(content).isEvent("output"));
  std::string problem;
  const auto message = parseJsonc(content, problem);
  ASSERT_TRUE(message) << problem;
  EXPECT_EQ(jsonString(content, *message->find("body"), "output"),
            "holdfast: the \"site\"\n  is down\n");
}

TEST(DapNotice, EndsTheSession) {
  EXPECT_TRUE(readEnvelope(contentOf(terminatedNotice())).isEvent("terminated"));
}

TEST(DapNotice, RefusesARequest) {
  const std::string content = contentOf(refusedRequest(17, "run\"\\u"));
  std::string problem;
  ASSERT_TRUE(parseJsonc(content, problem)) << problem;
  const std::string refusal = contentOf(refusedRequest(17, "runInTerminal"));
  const Envelope envelope = readEnvelope(refusal);
  EXPECT_TRUE(envelope.isResponse("runInTerminal"));
  EXPECT_EQ(envelope.request_seq, 17);
  EXPECT_FALSE(envelope.success);
}

}  // namespace
}  // namespace holdfast::proxy
