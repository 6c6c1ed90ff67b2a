#include "proxy/page/view_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/channel_requests.h"

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const ViewTokens::Clock::time_point kNow = ViewTokens::Clock::time_point() + hours(1);

ChannelRequest withCookie(const std::string& set_cookie, const std::string& others = "") {
  return withHeader(requestFor("/ptvsd/view"), "cookie",
                    others + set_cookie.substr(0, set_cookie.find(';')));
}

TEST(ViewTokens, ATokenOpensForAnHour) {
  ViewTokens tokens;
  const std::string cookie = tokens.issue("/ptvsd", true, kNow);
  EXPECT_TRUE(tokens.opens(withCookie(cookie), kNow));
  EXPECT_TRUE(tokens.opens(withCookie(cookie, "sessionid=1; holdfast-view=old;"), kNow));
  EXPECT_TRUE(tokens.opens(withCookie(cookie), kNow + seconds(3599)));
  EXPECT_FALSE(tokens.opens(withCookie(cookie), kNow + hours(1)));
}

TEST(ViewTokens, NothingElseOpens) {
  ViewTokens tokens;
  EXPECT_FALSE(tokens.opens(withCookie("holdfast-view="), kNow));
  const std::string cookie = tokens.issue("/ptvsd", true, kNow);
  EXPECT_FALSE(tokens.opens(requestFor("/ptvsd/view"), kNow));
  EXPECT_FALSE(tokens.opens(withCookie("holdfast-view="), kNow));
  EXPECT_FALSE(tokens.opens(withCookie("x" + cookie), kNow));
  EXPECT_FALSE(tokens.opens(withCookie(cookie.substr(0, cookie.find(';') - 1)), kNow));
  EXPECT_FALSE(tokens.opens(withCookie(std::string("holdfast-view=") + kTestSecret), kNow));
}

TEST(ViewTokens, AnotherSecretVoidsThem) {
  ViewTokens tokens;
  const std::string cookie = tokens.issue("/ptvsd", true, kNow);
  tokens.clear();
  EXPECT_FALSE(tokens.opens(withCookie(cookie), kNow));
}

TEST(ViewTokens, AFormIsOfOneView) {
  ViewTokens tokens;
  const auto one = withCookie(tokens.issue("/ptvsd", true, kNow));
  const auto other = withCookie(tokens.issue("/ptvsd", true, kNow));
  const std::string form = tokens.formToken(one, kNow);
  EXPECT_EQ(form.size(), 32U);
  EXPECT_TRUE(tokens.takesForm(one, Secret(form), kNow));
  EXPECT_FALSE(tokens.takesForm(other, Secret(form), kNow));
  EXPECT_FALSE(tokens.takesForm(one, Secret(""), kNow));
  EXPECT_FALSE(tokens.takesForm(one, Secret(form), kNow + hours(1)));
  const auto nobody = withCookie("holdfast-view=");
  EXPECT_EQ(tokens.formToken(nobody, kNow), "");
  EXPECT_FALSE(tokens.takesForm(nobody, Secret(""), kNow));
}

TEST(ViewTokens, SixteenAreValid) {
  ViewTokens tokens;
  const std::string first = tokens.issue("/ptvsd", true, kNow);
  const std::string second = tokens.issue("/ptvsd", true, kNow);
  for (int i = 0; i < 15; ++i) tokens.issue("/ptvsd", true, kNow);
  EXPECT_FALSE(tokens.opens(withCookie(first), kNow));
  EXPECT_TRUE(tokens.opens(withCookie(second), kNow));
}

TEST(ViewTokens, TheCookieGoesNowhereElse) {
  ViewTokens tokens;
  const std::string cookie = tokens.issue("/a;b/\xC3\xA9", true, kNow);
  for (const char* part :
       {"; Path=/a%3Bb/%C3%A9;", "; HttpOnly", "; SameSite=Strict", "; Secure", "; Max-Age=3600"}) {
    EXPECT_THAT(cookie, HasSubstr(part));
  }
  EXPECT_THAT(tokens.issue("/ptvsd", false, kNow), Not(HasSubstr("Secure")));
}

}  // namespace
}  // namespace holdfast::proxy
