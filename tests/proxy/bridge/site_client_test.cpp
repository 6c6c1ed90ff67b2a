#include "proxy/bridge/site_client.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

TEST(SiteState, HasWhatTheSiteSays) {
  const auto state = parseSiteState(
      R"({"engine":{"state":"ready","name":"debugpy","version":"1.8.22","python":"3.11.2",)"
      R"("problem":""},"session":{"client":"192.0.2.7","since_seconds":130,"name":"VS\u001b"},)"
      R"("app_root":"/srv/\u00e4","path_style":"posix","route":"marked","version":"0.1.0"})");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->engine_state, "ready");
  EXPECT_EQ(state->engine, "debugpy 1.8.22");
  EXPECT_EQ(state->python, "3.11.2");
  EXPECT_EQ(state->app_root, "/srv/\xC3\xA4");
  EXPECT_TRUE(state->is_marked);
  ASSERT_TRUE(state->other);
  EXPECT_EQ(state->other->client, "192.0.2.7");
  EXPECT_EQ(state->other->name, "VS\\x1B");
  EXPECT_EQ(state->other->since, std::chrono::seconds(130));
}

TEST(SiteState, MayHaveNobodyAttached) {
  const auto state =
      parseSiteState(R"({"engine":{"state":"failed","problem":"a\nb"},"session":null})");
  ASSERT_TRUE(state);
  EXPECT_FALSE(state->other);
  EXPECT_FALSE(state->is_marked);
  EXPECT_EQ(state->engine_problem, "a\\x0Ab");
}

TEST(SiteState, IsNoneOfAnotherDocument) {
  for (const char* text : {"", "<html>", "[]", "{}", "{\"engine\": 1}", "\"engine\""}) {
    EXPECT_FALSE(parseSiteState(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast::proxy
