#include "proxy/page/view_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/hold_json.h"

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ViewPage pageOf() {
  ViewPage page;
  page.path = "/a&b";
  page.rows = {{"Worker <1>", "idle"}};
  page.now = std::chrono::steady_clock::time_point(100h);
  page.form_token = "0123456789abcdef";
  return page;
}

HeldRequestReport requestOf(const std::string& path) {
  HeldRequestReport request;
  request.id = "id-1";
  request.method = "POST";
  request.path = path;
  request.age = 64s;
  request.keeper = "pad";
  request.front_end = "Apache";
  request.limit = 60s;
  request.left = 12s;
  return request;
}

TEST(ViewPage, HasNoButtonWhileTheAppRuns) {
  EXPECT_THAT(renderViewPage(pageOf()),
              AllOf(HasSubstr("<dt>Worker &lt;1&gt;</dt><dd>idle</dd>"), Not(HasSubstr("<form")),
                    Not(HasSubstr("0123456789abcdef")), Not(HasSubstr("Requests that wait"))));
}

TEST(ViewPage, SaysWhereTheAppIsHeldAndResumesIt) {
  ViewPage page = pageOf();
  page.holds.hold = Hold{
      Hold::Kind::kHeld, page.now - 63s, "breakpoint", "/srv/<x>/views.py", "view", 42, "GET /x"};
  EXPECT_THAT(renderViewPage(page),
              AllOf(HasSubstr("The app is held for 1 min 3 s"),
                    HasSubstr("/srv/&lt;x&gt;/views.py:42 in view (GET /x)</code>: breakpoint"),
                    HasSubstr("method=\"post\" action=\"/a&amp;b/view/resume\""),
                    HasSubstr("name=\"token\" value=\"0123456789abcdef\""),
                    HasSubstr("<button id=\"resume\">Resume</button>")));
}

TEST(ViewPage, SaysWhereItCannotBeKnown) {
  ViewPage page = pageOf();
  page.holds.hold = Hold();
  page.holds.hold->kind = Hold::Kind::kUnknown;
  page.holds.hold->since = page.now - 2s;
  EXPECT_THAT(renderViewPage(page),
              AllOf(HasSubstr("The app may be held for 2 s"), HasSubstr("Resume</button>")));
}

TEST(ViewPage, ListsWhoWaitsAlsoWhenTheAppRunsAgain) {
  ViewPage page = pageOf();
  page.holds.requests = {requestOf("/<pay>")};
  EXPECT_THAT(renderViewPage(page),
              AllOf(HasSubstr("<dt><code>id-1</code></dt><dd><code>POST /&lt;pay&gt;</code>, for "
                              "1 min 4 s: kept by pad, Apache waits 60 s, 12 s left</dd>"),
                    Not(HasSubstr("<form"))));
  page.holds.requests.resize(kMostHeldListed + 7, requestOf("/more"));
  EXPECT_THAT(renderViewPage(page), HasSubstr("And 7 more."));
}

}  // namespace
}  // namespace holdfast::proxy
