#include "host/site/error_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/fake_request.h"

namespace holdfast {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Failure failure() {
  Failure failure;
  failure.status = 502;
  failure.title = "Title <of> it";
  failure.cause = "Cause & \"reason\"";
  failure.exact = "Exact </p><script>alert(1)</script>";
  failure.remedy = "Remedy";
  failure.detail = "Detail <module>\n  & more";
  return failure;
}

TEST(RenderErrorPage, EscapesWhatIsHtml) {
  const std::string page = renderErrorPage(failure(), "id-1", true, true);
  EXPECT_THAT(page, AllOf(HasSubstr("Title &lt;of&gt; it"),
                          HasSubstr("Exact &lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
                          HasSubstr("Detail &lt;module&gt;\n  &amp; more"),
                          Not(HasSubstr("<script>")), Not(HasSubstr("<module>"))));
  EXPECT_THAT(renderErrorPage(failure(), "id-1", true, false),
              HasSubstr("Cause &amp; &quot;reason&quot;"));
}

TEST(RenderErrorPage, EscapesNothingInPlainText) {
  EXPECT_THAT(renderErrorPage(failure(), "id-1", false, true),
              AllOf(HasSubstr("Title <of> it"), HasSubstr("Detail <module>\n  & more")));
}

TEST(RenderErrorPage, HidesNamesAndDetailUnlessToldOtherwise) {
  for (const bool html : {true, false}) {
    const std::string hidden = renderErrorPage(failure(), "id-1", html, false);
    EXPECT_THAT(hidden, AllOf(Not(HasSubstr("Detail")), Not(HasSubstr("Exact")), HasSubstr("Cause"),
                              HasSubstr("Remedy")));
    const std::string shown = renderErrorPage(failure(), "id-1", html, true);
    EXPECT_THAT(shown, AllOf(HasSubstr("Detail"), HasSubstr("Exact"), HasSubstr("Remedy")));
  }
}

TEST(RenderErrorPage, SaysStatusAndRequestId) {
  for (const bool html : {true, false}) {
    EXPECT_THAT(renderErrorPage(failure(), "abc-000017", html, false),
                AllOf(HasSubstr("502 Bad Gateway"), HasSubstr("abc-000017")));
  }
}

TEST(RenderErrorPage, BoundsTheDetail) {
  Failure long_one = failure();
  long_one.detail.assign(10'000'000, 'd');
  EXPECT_LT(renderErrorPage(long_one, "id-1", false, true).size(), 1'000'000U);
}

struct AcceptCase {
  const char* accept;  ///< nullptr: not sent
  bool html;
};

class ErrorPageType : public testing::TestWithParam<AcceptCase> {};

TEST_P(ErrorPageType, FollowsAccept) {
  FakeRequest request;
  if (GetParam().accept != nullptr) request.params.add("HTTP_ACCEPT", GetParam().accept);
  answerWithErrorPage(request, failure(), false);
  const bool html = GetParam().html;
  EXPECT_EQ(request.header("Content-Type"),
            html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8");
  EXPECT_EQ(request.answer.starts_with("<!DOCTYPE html>"), html);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ErrorPageType,
    testing::Values(AcceptCase{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                               true},
                    AcceptCase{"application/json, text/html;q=0.5", true},
                    AcceptCase{"TEXT/HTML", true}, AcceptCase{"text/html;q=0", false},
                    AcceptCase{"text/html;q=0.0, */*", false}, AcceptCase{"text/html;q=0.01", true},
                    AcceptCase{"*/*", false}, AcceptCase{"application/json", false},
                    AcceptCase{"application/x-text/html-not", false}, AcceptCase{"", false},
                    AcceptCase{",;,", false}, AcceptCase{nullptr, false}));

TEST(AnswerWithErrorPage, IsAWholeAnswer) {
  FakeRequest request;
  request.id = "abc-1";
  answerWithErrorPage(request, failure(), false);
  EXPECT_EQ(request.starts, 1);
  EXPECT_EQ(request.head.status, 502);
  EXPECT_EQ(request.header("Content-Length"), std::to_string(request.answer.size()));
  EXPECT_EQ(request.header("Cache-Control"), "no-store");
  EXPECT_EQ(request.header("Retry-After"), "(none)");
  EXPECT_THAT(request.answer, HasSubstr("abc-1"));
  EXPECT_EQ(request.end, FakeRequest::End::kFinished);
}

TEST(AnswerWithErrorPage, SaysWhenToComeAgain) {
  FakeRequest request;
  Failure busy = failure();
  busy.retry_after_s = 7;
  answerWithErrorPage(request, busy, false);
  EXPECT_EQ(request.header("Retry-After"), "7");
}

TEST(AnswerWithErrorPage, SendsNoBodyForHead) {
  FakeRequest request;
  request.params.add("REQUEST_METHOD", "HEAD");
  answerWithErrorPage(request, failure(), false);
  EXPECT_EQ(request.answer, "");
  EXPECT_GT(std::stoi(request.header("Content-Length")), 0);
  EXPECT_EQ(request.end, FakeRequest::End::kFinished);
}

TEST(AnswerWithErrorPage, CutsALongPageIntoChunks) {
  FakeRequest request;
  Failure long_one = failure();
  long_one.detail.assign(150'000, '<');
  request.params.add("HTTP_ACCEPT", "text/html");
  answerWithErrorPage(request, long_one, true);
  EXPECT_EQ(request.header("Content-Length"), std::to_string(request.answer.size()));
  EXPECT_EQ(request.answer, renderErrorPage(long_one, request.id, true, true));
  EXPECT_LE(request.longest_chunk, Request::kMaxChunkBytes);
  EXPECT_GT(request.answer.size(), 600'000U);
}

}  // namespace
}  // namespace holdfast
