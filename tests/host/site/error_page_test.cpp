#include "host/site/error_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "host/site/page_text.h"
#include "tests/support/fake_request.h"

namespace holdfast {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;
using testing::SizeIs;

using Kind = FailurePart::Kind;

Failure failure() {
  Failure failure;
  failure.status = 502;
  failure.title = "Title <of> it";
  failure.cause = "Cause & \"reason\"";
  failure.exact = "Exact </p><script>alert(1)</script>";
  failure.advice = "Advice";
  failure.remedy = "Remedy";
  failure.parts = {{Kind::kFacts, "Part <b>", "Detail <module>\n  & more\n"}};
  return failure;
}

Failure withDetail(std::size_t bytes, char c) {
  Failure failure;
  failure.parts = {{Kind::kOutput, "Much", std::string(bytes, c)}};
  return failure;
}

FailedRequest request() {
  FailedRequest request;
  request.id = "abc-000017";
  request.method = "GET";
  request.path = "/shop/\"><script>alert(2)</script>";
  request.when = std::chrono::system_clock::from_time_t(1'796'000'000);
  return request;
}

std::string htmlPage(const Failure& failure, bool show_detail) {
  return renderErrorPage(failure, request(), PageType::kHtml, show_detail);
}

std::string textPage(const Failure& failure, bool show_detail) {
  return renderErrorPage(failure, request(), PageType::kPlainText, show_detail);
}

TEST(RenderErrorPage, EscapesWhatIsHtml) {
  EXPECT_THAT(htmlPage(failure(), true),
              AllOf(HasSubstr("Title &lt;of&gt; it"), HasSubstr("Cause &amp; &quot;reason&quot;"),
                    HasSubstr("Exact &lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
                    HasSubstr("Part &lt;b&gt;"), HasSubstr("Detail &lt;module&gt;\n  &amp; more"),
                    HasSubstr("/shop/&quot;&gt;&lt;script&gt;"), Not(HasSubstr("<script>")),
                    Not(HasSubstr("<module>"))));
}

TEST(RenderErrorPage, EscapesNothingInPlainText) {
  EXPECT_THAT(textPage(failure(), true),
              AllOf(HasSubstr("Title <of> it"), HasSubstr("Detail <module>\n  & more")));
}

TEST(RenderErrorPage, HidesNamesAndDetailUnlessToldOtherwise) {
  for (auto* render : {htmlPage, textPage}) {
    EXPECT_THAT(render(failure(), false),
                AllOf(Not(HasSubstr("Detail")), Not(HasSubstr("Part")), Not(HasSubstr("Exact")),
                      HasSubstr("Cause"), HasSubstr("Advice"), HasSubstr("Remedy")));
    EXPECT_THAT(render(failure(), true),
                AllOf(HasSubstr("Detail"), HasSubstr("Part"), HasSubstr("Exact"),
                      HasSubstr("Cause"), HasSubstr("Advice"), HasSubstr("Remedy")));
  }
}

TEST(RenderErrorPage, SaysWhichRequestFailedAndWhen) {
  for (auto* render : {htmlPage, textPage}) {
    EXPECT_THAT(render(failure(), false),
                AllOf(HasSubstr("502 Bad Gateway"), HasSubstr("abc-000017"),
                      HasSubstr("GET /shop/"), HasSubstr("2026-11-30 00:53:20 UTC")));
  }
}

TEST(RenderErrorPage, ShowsTheAppsOwnFramesBeforeTheWholeTraceback) {
  Failure raised;
  raised.parts = {{Kind::kTraceback, "",
                   "Traceback (most recent call last):\n"
                   "  File \"/v/lib/python3.11/site-packages/flask/app.py\", line 1, in run\n"
                   "    return view()\n"
                   "  File \"/srv/shop.py\", line 7, in <lambda>\n"
                   "    return 1 < None\n"
                   "TypeError: no\n"}};
  EXPECT_THAT(htmlPage(raised, true),
              AllOf(HasSubstr("/srv/<b>shop.py</b>, line <b>7</b>, in <b>&lt;lambda&gt;</b>"),
                    HasSubstr("<pre>return 1 &lt; None</pre>"), Not(HasSubstr("<b>app.py</b>")),
                    HasSubstr("<details class=\"card\"><summary><h2>The whole traceback")));
  EXPECT_THAT(htmlPage(raised, false), Not(HasSubstr("shop.py")));
}

TEST(RenderErrorPage, IsUtf8WhateverTheTextsAre) {
  Failure broken = failure();
  broken.exact = "ab\xFF\x1B[31m";
  broken.parts = {{Kind::kOutput, "Out\xC3", "\xE2\x98\n"}};
  for (auto* render : {htmlPage, textPage}) {
    const std::string page = render(broken, true);
    EXPECT_THAT(page, AllOf(HasSubstr("ab\uFFFD\u241B[31m"), HasSubstr("Out\uFFFD")));
    EXPECT_EQ(shownText(page), page);
  }
}

TEST(RenderErrorPage, BoundsTheDetail) {
  EXPECT_THAT(textPage(withDetail(10'000'000, 'd'), true),
              AllOf(SizeIs(Lt(300'000U)), HasSubstr("The rest is in the log")));
  FailedRequest far = request();
  far.path.assign(100'000, '/');
  EXPECT_THAT(renderErrorPage(failure(), far, PageType::kPlainText, true), SizeIs(Lt(2000U)));
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
  request.params.add("HTTP_ACCEPT", "text/html");
  answerWithErrorPage(request, withDetail(150'000, '<'), true);
  EXPECT_EQ(request.header("Content-Length"), std::to_string(request.answer.size()));
  EXPECT_TRUE(request.answer.ends_with("</html>\n"));
  EXPECT_LE(request.longest_chunk, Request::kMaxChunkBytes);
  EXPECT_GT(request.answer.size(), 600'000U);
}

TEST(AnswerWithErrorPage, AllowsABrowserNothingButItsStyle) {
  FakeRequest request;
  request.params.add("HTTP_ACCEPT", "text/html");
  answerWithErrorPage(request, failure(), true);
  EXPECT_THAT(request.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(request.header("X-Content-Type-Options"), "nosniff");
}

TEST(AnswerWithErrorPage, NamesThePathWithoutItsQuery) {
  FakeRequest request;
  request.params.add("REQUEST_METHOD", "POST");
  request.params.add("REQUEST_URI", "/shop/pay?token=secret");
  answerWithErrorPage(request, failure(), true);
  EXPECT_THAT(request.answer, AllOf(HasSubstr("POST /shop/pay\n"), Not(HasSubstr("secret"))));
}

TEST(AnswerWithErrorPage, MakesUpThePathWhereTheServerSendsNoUri) {
  FakeRequest request;
  request.params.add("REQUEST_METHOD", "GET");
  request.params.add("SCRIPT_NAME", "/shop");
  request.params.add("PATH_INFO", "/pay");
  answerWithErrorPage(request, failure(), false);
  EXPECT_THAT(request.answer, HasSubstr("GET /shop/pay\n"));
}

}  // namespace
}  // namespace holdfast
