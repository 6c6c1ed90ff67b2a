#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "proxy/channel.h"
#include "tests/proxy/channel_test_site.h"

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ChannelViewTest : public testing::Test {
 protected:
  ChannelAnswer ask(const ChannelRequest& request) { return site_.answer(request); }
  ChannelAnswer post(const std::string& body) {
    ChannelRequest request = requestFor("/ptvsd/view", "POST");
    request.body = body;
    return ask(request);
  }
  /// What opens a view of its own.
  std::string openView() {
    const std::string cookie = fieldOf(post(std::string("secret=") + kTestSecret), "Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  void hold() {
    site_.events.held.hold = Hold();
    site_.events.held.hold->since = site_.now;
  }
  /// What the button's form of that view carries.
  std::string formOf(const std::string& cookie) {
    static const std::string before = "name=\"token\" value=\"";
    const std::string page = ask(withHeader(requestFor("/ptvsd/view"), "Cookie", cookie)).body;
    const std::size_t at = page.find(before);
    if (at == std::string::npos) return {};
    return page.substr(at + before.size(), page.find('"', at + before.size()) - at - before.size());
  }
  ChannelAnswer pressResume(const std::string& cookie, const std::string& body) {
    ChannelRequest request = withHeader(requestFor("/ptvsd/view/resume", "POST"), "Cookie", cookie);
    request.body = body;
    return ask(withHeader(request, "Origin", "https://site.example"));
  }
  bool wasResumed() const { return site_.events.hasLine("resumed the app from the private"); }

  ChannelTestSite site_;
};

TEST_F(ChannelViewTest, TheViewAsksForTheSecret) {
  const ChannelAnswer form = ask(requestFor("/ptvsd/view"));
  EXPECT_THAT(form.body, AllOf(HasSubstr("name=\"secret\""), HasSubstr("action=\"/ptvsd/view\""),
                               Not(HasSubstr("Worker 1"))));
  const ChannelAnswer wrong = post("secret=x");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(fieldOf(wrong, "WWW-Authenticate"), "Bearer realm=\"holdfast\"");
  EXPECT_EQ(fieldOf(wrong, "Set-Cookie"), "");
  EXPECT_THAT(wrong.body, HasSubstr("The secret is wrong."));
  EXPECT_EQ(post("").status, 401);
}

TEST_F(ChannelViewTest, NoBrowserKeepsWhatTheFormAsks) {
  EXPECT_THAT(ask(requestFor("/ptvsd/view")).body,
              AllOf(HasSubstr("class=\"masked\""), HasSubstr("-webkit-text-security"),
                    HasSubstr("autocomplete=\"off\""), HasSubstr("Keep it in no browser"),
                    Not(HasSubstr("type=\"password\"")), Not(HasSubstr("current-password")),
                    Not(HasSubstr("username"))));
}

TEST_F(ChannelViewTest, TheSecretOpensTheViewForAnHour) {
  const ChannelAnswer answer = post(std::string("x=1&secret=") + kTestSecret);
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(fieldOf(answer, "Location"), "view");
  const std::string cookie = fieldOf(answer, "Set-Cookie");
  EXPECT_THAT(cookie, Not(HasSubstr(kTestSecret)));
  const auto view =
      withHeader(requestFor("/ptvsd/view"), "Cookie", cookie.substr(0, cookie.find(';')));
  EXPECT_THAT(ask(view).body, AllOf(HasSubstr("Worker 1"), HasSubstr("idle &lt;b&gt;"),
                                    HasSubstr("debugpy 1.8.22"), Not(HasSubstr("<form"))));
  auto upgrade = asUpgrade(requestFor("/ptvsd"));
  upgrade.headers.push_back(view.headers.back());
  EXPECT_EQ(ask(upgrade).status, 401) << "a cookie opens the view alone";
  site_.now += hours(1);
  EXPECT_THAT(ask(view).body, HasSubstr("<form"));
}

TEST_F(ChannelViewTest, AnotherSecretClosesTheView) {
  const std::string cookie = fieldOf(post(std::string("secret=") + kTestSecret), "Set-Cookie");
  const auto view =
      withHeader(requestFor("/ptvsd/view"), "Cookie", cookie.substr(0, cookie.find(';')));
  ChannelPlan plan = ChannelTestSite::plan();
  site_.channel->setPlan(plan);
  EXPECT_THAT(ask(view).body, HasSubstr("Worker 1"));
  plan.secret = Secret("another secret, long enough");
  site_.channel->setPlan(plan);
  EXPECT_THAT(ask(view).body, Not(HasSubstr("Worker 1")));
}

TEST_F(ChannelViewTest, TheFormIsLockedOutToo) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(post("secret=x").status, 401);
  const ChannelAnswer locked = post(std::string("secret=") + kTestSecret);
  EXPECT_EQ(locked.status, 429);
  EXPECT_EQ(fieldOf(locked, "Retry-After"), "1");
}

TEST_F(ChannelViewTest, FormsOfOtherSitesCountForNothing) {
  ChannelRequest request = requestFor("/ptvsd/view", "POST");
  request.body = std::string("secret=") + kTestSecret;
  EXPECT_EQ(ask(withHeader(request, "Origin", "https://evil.example")).status, 403);
  EXPECT_EQ(ask(withHeader(request, "Origin", "https://site.example")).status, 303);
}

TEST_F(ChannelViewTest, TheFormIsNotReadOverPlainHttp) {
  ChannelRequest request = requestFor("/ptvsd/view", "POST");
  request.body = std::string("secret=") + kTestSecret;
  request.tls = false;
  EXPECT_EQ(ask(request).status, 403);
}

TEST_F(ChannelViewTest, TheButtonIsThereWhileTheAppIsHeld) {
  const std::string cookie = openView();
  EXPECT_EQ(formOf(cookie), "");
  hold();
  EXPECT_EQ(formOf(cookie).size(), 32U);
  EXPECT_NE(formOf(cookie), cookie.substr(cookie.find('=') + 1)) << "no script may see the cookie";
}

TEST_F(ChannelViewTest, TheButtonResumesTheApp) {
  hold();
  const std::string cookie = openView();
  const ChannelAnswer answer = pressResume(cookie, "token=" + formOf(cookie));
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(fieldOf(answer, "Location"), "../view");
  EXPECT_TRUE(wasResumed());
}

TEST_F(ChannelViewTest, TheButtonDoesNothingWhereTheAppRunsAlready) {
  hold();
  const std::string cookie = openView();
  const std::string form = formOf(cookie);
  site_.events.held.hold.reset();
  EXPECT_EQ(pressResume(cookie, "token=" + form).status, 303);
  EXPECT_FALSE(wasResumed());
}

TEST_F(ChannelViewTest, FormsThatAreNotOfThisViewAreRefusedAlike) {
  hold();
  const std::string cookie = openView();
  const std::string other = openView();
  const std::string form = "token=" + formOf(cookie);
  const std::string refusal = pressResume(cookie, "").body;
  for (const ChannelAnswer& answer :
       {pressResume(cookie, ""), pressResume(cookie, "token="), pressResume(cookie, "token=x"),
        pressResume(cookie, "token=" + formOf(other)), pressResume("", form),
        pressResume("", "token="), pressResume(other, form),
        pressResume(cookie, "token=" + cookie.substr(cookie.find('=') + 1)),
        pressResume(cookie, std::string("token=") + kTestSecret)}) {
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.body, refusal);
  }
  ChannelRequest foreign = withHeader(requestFor("/ptvsd/view/resume", "POST"), "Cookie", cookie);
  foreign.body = form;
  EXPECT_EQ(ask(withHeader(foreign, "Origin", "https://evil.example")).status, 403);
  EXPECT_EQ(ask(withHeader(foreign, "Origin", "null")).status, 403);
  EXPECT_FALSE(wasResumed());
  EXPECT_TRUE(site_.events.hasLine("is of no open status view"));
  EXPECT_EQ(ask(withHeader(requestFor("/ptvsd/view/resume"), "Cookie", cookie)).status, 405);
  site_.now += hours(1);
  EXPECT_EQ(pressResume(cookie, form).status, 403);
}

TEST_F(ChannelViewTest, PagesOfTheSiteAreToldWhatIsHeldWithTheCookieAlone) {
  const ChannelRequest question = requestFor("/ptvsd/view/hold");
  hold();
  EXPECT_EQ(ask(question).status, 401);
  EXPECT_EQ(ask(withBearer(question)).status, 401) << "the secret is for the bridge";
  EXPECT_THAT(ask(question).body, Not(HasSubstr("since_seconds")));
  const ChannelAnswer answer = ask(withHeader(question, "Cookie", openView()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(fieldOf(answer, "Content-Type"), "application/json");
  EXPECT_EQ(fieldOf(answer, "Cache-Control"), "no-store");
  EXPECT_THAT(answer.body,
              AllOf(testing::StartsWith("{\"hold\":{"), HasSubstr("\"requests\":[]}")));
  EXPECT_EQ(ask(requestFor("/ptvsd/view/hold", "POST")).status, 405);
}

}  // namespace
}  // namespace holdfast::proxy
