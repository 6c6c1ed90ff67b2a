#include "host/front/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

class SilentRequest : public Request {
 public:
  SilentRequest(const std::string& method, const std::string& uri) {
    id = "1-1";
    params.add("REQUEST_METHOD", method);
    params.add("REQUEST_URI", uri);
  }
  void onBodyTaken() override {}
  void start(const AnswerHead&) override {}
  void write(std::span<std::byte>) override {}
  bool flush() override { return true; }
  void finish() override {}
  void cut() override {}
  void reportError(std::string_view) override {}
};

TEST(DescribeRequest, NamesMethodAndPath) {
  EXPECT_EQ(describe(SilentRequest("GET", "/a/b")), "request 1-1 (GET /a/b)");
  EXPECT_EQ(describe(SilentRequest("", "")), "request 1-1 ( )");
}

TEST(DescribeRequest, LeavesTheQueryOut) {
  EXPECT_EQ(describe(SilentRequest("GET", "/a?token=x?y")), "request 1-1 (GET /a?...)");
  EXPECT_EQ(describe(SilentRequest("GET", "/a?")), "request 1-1 (GET /a?...)");
}

TEST(DescribeRequest, IsBoundedAndPrintable) {
  EXPECT_EQ(describe(SilentRequest("G\x1b", "/\n")), "request 1-1 (G\\x1b /\\x0a)");
  const std::string text =
      describe(SilentRequest(std::string(100'000, 'M'), std::string(100'000, '/') + "?x"));
  EXPECT_LT(text.size(), 1100U);
  EXPECT_THAT(text, testing::EndsWith("/...?...)"));
}

}  // namespace
}  // namespace holdfast
