#include "host/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/captured_log.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Trace : public testing::Test {
 protected:
  ~Trace() override { trace::topics_on = 0; }
};

TEST_F(Trace, IsOffAtFirst) {
  EXPECT_EQ(trace::turnOn(""), "");
  EXPECT_FALSE(trace::isOn(trace::kFcgi));
  EXPECT_FALSE(trace::isOn(trace::kWorker));
}

TEST_F(Trace, TurnsOnWhatIsListed) {
  EXPECT_EQ(trace::turnOn("fcgi, LINK,"), "");
  EXPECT_TRUE(trace::isOn(trace::kFcgi));
  EXPECT_TRUE(trace::isOn(trace::kLink));
  EXPECT_FALSE(trace::isOn(trace::kHttp));
}

TEST_F(Trace, NamesTheTopicsWhereOneIsUnknown) {
  EXPECT_EQ(trace::turnOn("http,wss,f\n"),
            "HOLDFAST_TRACE knows no \"wss\", \"f\\x0A\"; its topics are fcgi, http, link, worker, "
            "hold");
  EXPECT_TRUE(trace::isOn(trace::kHttp));
}

TEST_F(Trace, IsLoggedWithItsTopic) {
  const CapturedLog captured;
  trace::say(trace::kLink, "worker 1 slot 0 -> REQUEST");
  EXPECT_THAT(captured.all(), ElementsAre("link: worker 1 slot 0 -> REQUEST"));
  EXPECT_THAT(captured.json(), ElementsAre(HasSubstr(R"("level":"trace")")));
  EXPECT_THAT(captured.json(), ElementsAre(HasSubstr(R"("topic":"link")")));
}

}  // namespace
}  // namespace holdfast
