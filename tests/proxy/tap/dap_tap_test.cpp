#include "proxy/tap/dap_tap.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/tap/tap_script.h"

namespace holdfast::proxy {
namespace {

class DapTapTest : public testing::Test {
 protected:
  void stop(int thread) { script_.engine(eventText("stopped", threadBody(thread))); }
  void ask(int seq, const std::string& command, int thread) {
    script_.client(requestText(seq, command, R"({"threadId":)" + std::to_string(thread) + '}'));
  }
  void answer(int seq, const std::string& command, const std::string& body = "{}") {
    script_.engine(responseText(seq, command, body));
  }
  const Hold& hold() const { return *script_.tap.news().hold; }
  Motion motion() const { return script_.tap.news().motion; }

  TapScript<DapTap> script_;
};

TEST_F(DapTapTest, AStopHoldsUntilItsContinueIsAnswered) {
  EXPECT_TRUE(script_.isRunning());
  EXPECT_TRUE(script_.engine(eventText("stopped", threadBody(3))));
  ASSERT_TRUE(script_.isHeld());
  EXPECT_EQ(script_.since(), 1);
  EXPECT_EQ(hold().reason, "breakpoint");
  script_.client(requestText(7, "continue", R"({"threadId":3})"));
  EXPECT_TRUE(script_.isHeld());
  EXPECT_TRUE(script_.engine(responseText(7, "continue", R"({"allThreadsContinued":true})")));
  EXPECT_TRUE(script_.isRunning());
}

TEST_F(DapTapTest, EachWayToResumeResumes) {
  int seq = 0;
  for (const char* command :
       {"continue", "next", "stepIn", "stepOut", "stepBack", "reverseContinue", "restartFrame"}) {
    stop(1);
    ASSERT_TRUE(script_.isHeld()) << command;
    ask(++seq, command, 1);
    answer(seq, command, "null");
    EXPECT_TRUE(script_.isRunning()) << command;
  }
}

TEST_F(DapTapTest, AStopThatOvertakesTheAnswerHolds) {
  stop(1);
  ask(5, "next", 1);
  stop(1);
  answer(5, "next");
  ASSERT_TRUE(script_.isHeld());
  EXPECT_EQ(script_.since(), 3) << "the first one is over";
}

TEST_F(DapTapTest, ARequestThatFailsResumesNothing) {
  stop(1);
  ask(5, "next", 1);
  script_.engine(responseText(5, "next", "{}", false));
  EXPECT_TRUE(script_.isHeld());
  answer(5, "next");
  EXPECT_TRUE(script_.isHeld()) << "answered twice";
}

TEST_F(DapTapTest, WhatMovesIsToldBeforeTheAnswer) {
  stop(1);
  EXPECT_EQ(motion(), Motion::kNone);
  ask(5, "next", 1);
  EXPECT_EQ(motion(), Motion::kStepping);
  answer(5, "next");
  EXPECT_EQ(motion(), Motion::kStepping);
  stop(1);
  EXPECT_EQ(motion(), Motion::kNone);
  ask(6, "continue", 1);
  EXPECT_EQ(motion(), Motion::kGoingOn);
  EXPECT_TRUE(script_.isHeld());
  stop(2);
  EXPECT_EQ(motion(), Motion::kNone) << "it has stopped since";
  answer(6, "continue");
  EXPECT_EQ(motion(), Motion::kNone);
  ask(7, "continue", 2);
  script_.engine(responseText(7, "continue", "{}", false));
  EXPECT_EQ(motion(), Motion::kNone) << "it does not go on";
  ask(8, "continue", 2);
  answer(8, "continue");
  EXPECT_EQ(motion(), Motion::kNone) << "it runs";
}

TEST_F(DapTapTest, TheThreadThatStepsIsKnownByItsName) {
  const auto stepping = [&] { return script_.tap.news().stepping; };
  stop(1);
  stop(2);
  ask(5, "next", 1);
  EXPECT_EQ(stepping(), "") << "nobody has asked for names";
  answer(5, "next");
  stop(1);
  stop(2);
  ask(6, "threads", 0);
  answer(6, "threads", R"({"threads":[{"id":1,"name":"GET /a"},{"id":2,"name":"GET /b"}]})");
  EXPECT_EQ(stepping(), "");
  ask(7, "next", 1);
  EXPECT_EQ(stepping(), "GET /a") << "not where the last one has stopped";
  answer(7, "next");
  EXPECT_EQ(stepping(), "GET /a");
  stop(1);
  EXPECT_EQ(stepping(), "");
  ask(8, "next", 3);
  EXPECT_EQ(stepping(), "") << "one that has not stopped";
}

TEST_F(DapTapTest, OtherRequestsAndContinuedSayNothing) {
  stop(1);
  for (const char* command : {"pause", "goto", "evaluate", "setBreakpoints", "scopes"}) {
    ask(5, command, 1);
    answer(5, command);
  }
  script_.engine(eventText("continued", R"({"threadId":1,"allThreadsContinued":true})"));
  script_.engine(eventText("thread", R"({"reason":"exited","threadId":1})"));
  EXPECT_TRUE(script_.isHeld());
}

TEST_F(DapTapTest, AFileIsNamedAsTheServerHasIt) {
  const auto standsAt = [&](const std::string& path) {
    stop(1);
    ask(5, "stackTrace", 1);
    answer(5, "stackTrace",
           R"({"stackFrames":[{"name":"view","line":42,"source":{"path":")" + path + R"("}}]})");
    std::string file = hold().file;
    ask(6, "continue", 1);
    answer(6, "continue");
    return file;
  };
  script_.client(requestText(2, "attach",
                             R"({"pathMappings":[{"localRoot":"C:\\me\\site",)"
                             R"("remoteRoot":"/srv/site"},null,{"localRoot":"/only"}]})"));
  EXPECT_EQ(standsAt(R"(c:\\me\\site\\shop\\views.py)"), "/srv/site/shop/views.py");
  EXPECT_EQ(standsAt("/usr/lib/python3/json.py"), "/usr/lib/python3/json.py");
  script_.client(requestText(3, "attach", "{}"));
  EXPECT_EQ(standsAt("/srv/site/views.py"), "/srv/site/views.py");
}

TEST_F(DapTapTest, OneThreadResumesAloneWhereTheEngineSaysSo) {
  stop(1);
  stop(2);
  ask(5, "continue", 1);
  answer(5, "continue", R"({"allThreadsContinued":false})");
  ASSERT_TRUE(script_.isHeld());
  EXPECT_EQ(script_.since(), 2);
  ask(6, "continue", 2);
  answer(6, "continue", R"({"allThreadsContinued": false })");
  EXPECT_TRUE(script_.isRunning());
}

TEST_F(DapTapTest, NobodyKnowsWhichThreadRunsIfNoneIsNamed) {
  stop(1);
  script_.client(requestText(5, "continue"));
  answer(5, "continue", R"({"allThreadsContinued":false})");
  EXPECT_TRUE(script_.isUnknown());
}

TEST_F(DapTapTest, TheEndHoldsNothing) {
  for (const std::string& end :
       {eventText("terminated"), eventText("exited"), responseText(9, "disconnect")}) {
    stop(1);
    stop(2);
    ASSERT_TRUE(script_.isHeld());
    EXPECT_TRUE(script_.engine(end));
    EXPECT_TRUE(script_.isRunning()) << end;
  }
  stop(1);
  script_.engine(responseText(9, "disconnect", "{}", false));
  EXPECT_TRUE(script_.isHeld());
}

TEST_F(DapTapTest, TheStackThatTheClientAsksForTellsThePlace) {
  stop(3);
  script_.client(requestText(8, "stackTrace", R"({"threadId":3,"startFrame":0,"levels":1})"));
  EXPECT_TRUE(script_.engine(responseText(
      8, "stackTrace",
      R"({"stackFrames":[{"id":1,"name":"view","line":42,"column":1,)"
      R"("source":{"name":"x","path":"/srv/caf\u00e9/a\nb.py"}},{"name":"app","line":1}]})")));
  EXPECT_EQ(hold().file, "/srv/caf\xC3\xA9/a\\x0Ab.py");
  EXPECT_EQ(hold().line, 42);
  EXPECT_EQ(hold().function, "view");
  EXPECT_EQ(script_.since(), 1);
}

TEST_F(DapTapTest, OtherStacksDoNot) {
  const std::string frames = R"({"stackFrames":[{"name":"other","line":5}]})";
  stop(3);
  script_.client(requestText(8, "stackTrace", R"({"threadId":4})"));
  answer(8, "stackTrace", frames);
  script_.client(requestText(9, "stackTrace", R"({"threadId":3,"startFrame":1})"));
  answer(9, "stackTrace", frames);
  script_.client(requestText(10, "stackTrace", R"({"threadId":3})"));
  script_.engine(responseText(10, "stackTrace", frames, false));
  // Asked before it went on.
  script_.client(requestText(11, "stackTrace", R"({"threadId":3})"));
  ask(12, "next", 3);
  answer(12, "next");
  stop(3);
  answer(11, "stackTrace", frames);
  EXPECT_EQ(hold().line, 0);
}

TEST_F(DapTapTest, ThreadsAreNamedByTheAnswerThatPasses) {
  stop(3);
  EXPECT_TRUE(script_.engine(responseText(
      8, "threads",
      R"({"threads":[{"id":1,"name":"MainThread"},{"id":3,"name":"GET \"x\""},{"name":"y"}]})")));
  EXPECT_EQ(hold().thread, "GET \"x\"");
}

TEST_F(DapTapTest, TheLastStopIsShown) {
  stop(1);
  script_.engine(eventText("stopped", R"({"reason":"exception","threadId":2})"));
  EXPECT_EQ(hold().reason, "exception");
  EXPECT_EQ(script_.since(), 1);
}

TEST_F(DapTapTest, AStopWithoutAThreadHolds) {
  for (const char* body : {"{}", "null", "[]", "7", R"({"threadId":{},"reason":[]})",
                           R"({"threadId":99999999999999999999,"reason":null})",
                           R"({"threadId":1.5,"reason":"\ud800"})", "{\"threadId\""}) {
    script_.engine(eventText("stopped", body));
    ASSERT_TRUE(script_.isHeld()) << body;
    EXPECT_EQ(hold().reason, "");
    ask(1, "continue", 1);
    answer(1, "continue");
    ASSERT_TRUE(script_.isRunning()) << body;
  }
}

TEST_F(DapTapTest, LargeAndDeepMessagesDoNotMatter) {
  const std::string deep(1'000'000, '[');
  stop(1);
  script_.client(requestText(2, "stackTrace", R"({"threadId":1})"));
  answer(2, "stackTrace", R"({"stackFrames":[{"a":)" + deep);
  script_.client(requestText(3, "stackTrace", R"({"threadId":1})"));
  answer(3, "stackTrace",
         R"({"stackFrames":[{"name":")" + std::string(100'000, 'x') + R"(","line":7}]})");
  EXPECT_EQ(hold().function, "") << "that is no name";
  EXPECT_EQ(hold().line, 7);
  answer(4, "threads", R"({"threads":)" + deep);
  script_.client(requestText(5, "continue", R"({"a":)" + deep));
  answer(5, "continue", R"({"a":)" + deep);
  EXPECT_TRUE(script_.isRunning());
}

TEST_F(DapTapTest, WhatIsNoMessageMakesItBlind) {
  for (const char* text : {"", "[]", "{", "{\"seq\":{}}", "\xff", R"({"seq":1,"type":"x"})"}) {
    TapScript<DapTap> from_engine;
    EXPECT_TRUE(from_engine.engine(text)) << text;
    EXPECT_TRUE(from_engine.isUnknown()) << text;
    TapScript<DapTap> from_client;
    EXPECT_TRUE(from_client.client(text)) << text;
    EXPECT_TRUE(from_client.isUnknown()) << text;
  }
}

TEST_F(DapTapTest, ABlindOneStaysBlind) {
  stop(1);
  EXPECT_TRUE(script_.blind());
  EXPECT_TRUE(script_.isUnknown());
  EXPECT_EQ(script_.since(), 2);
  EXPECT_EQ(hold().reason, "");
  EXPECT_FALSE(script_.blind());
  EXPECT_FALSE(script_.engine(eventText("terminated")));
  EXPECT_FALSE(script_.client("nonsense"));
  EXPECT_TRUE(script_.isUnknown());
}

TEST_F(DapTapTest, TooManyStopsMakeItBlind) {
  for (std::size_t i = 0; i < HoldState::kMaxStops; ++i) stop(static_cast<int>(i));
  EXPECT_TRUE(script_.isHeld());
  stop(0);
  EXPECT_TRUE(script_.isUnknown());
}

TEST_F(DapTapTest, TooManyUnansweredRequestsMakeItBlind) {
  stop(1);
  for (std::size_t i = 0; i < HoldState::kMaxAsked; ++i) ask(static_cast<int>(i), "next", 1);
  EXPECT_TRUE(script_.isHeld());
  ask(1000, "next", 1);
  EXPECT_TRUE(script_.isUnknown());
}

TEST_F(DapTapTest, UnansweredQuestionsDoNot) {
  stop(1);
  for (int i = 0; i < 10'000; ++i) ask(i, "stackTrace", 1);
  ask(10'000, "continue", 1);
  answer(10'000, "continue");
  EXPECT_TRUE(script_.isRunning());
}

}  // namespace
}  // namespace holdfast::proxy
