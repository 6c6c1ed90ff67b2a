#include "proxy/tap/legacy_tap.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/tap/tap_script.h"

namespace holdfast::proxy {
namespace {

class LegacyTapTest : public testing::Test {
 protected:
  void event(const std::string& name, int thread) {
    script_.engine(eventText(name, threadBody(thread)));
  }
  void ask(int seq, const std::string& command, int thread = 1) {
    script_.client(requestText(seq, command, threadBody(thread)));
  }
  void answer(int seq, const std::string& command) { script_.engine(responseText(seq, command)); }
  const Hold& hold() const { return *script_.tap.news().hold; }

  TapScript<LegacyTap> script_;
};

TEST_F(LegacyTapTest, EachKindOfStopHolds) {
  int seq = 0;
  for (const auto& [name, reason] :
       {std::pair("legacyProcessLoad", "entry"), std::pair("legacyBreakpointHit", "breakpoint"),
        std::pair("legacyStepDone", "step"), std::pair("legacyException", "exception"),
        std::pair("legacyAsyncBreak", "pause")}) {
    event(name, 1);
    ASSERT_TRUE(script_.isHeld()) << name;
    EXPECT_EQ(hold().reason, reason);
    ask(++seq, "legacyResumeAll");
    EXPECT_TRUE(script_.isHeld());
    answer(seq, "legacyResumeAll");
    EXPECT_TRUE(script_.isRunning()) << name;
  }
}

TEST_F(LegacyTapTest, AllThreadsResume) {
  int seq = 0;
  for (const char* command : {"legacyResumeAll", "legacyStepInto", "legacyStepOver",
                              "legacyStepOut", "legacyAutoResumeThread", "legacyDetach"}) {
    event("legacyBreakpointHit", 1);
    event("legacyBreakpointHit", 2);
    ask(++seq, command);
    script_.engine(responseText(seq, command, "{}", false));
    EXPECT_TRUE(script_.isHeld()) << command;
    ask(++seq, command);
    answer(seq, command);
    EXPECT_TRUE(script_.isRunning()) << command;
  }
}

TEST_F(LegacyTapTest, OneThreadResumes) {
  event("legacyBreakpointHit", 1);
  event("legacyBreakpointHit", 2);
  ask(1, "legacyResumeThread", 1);
  answer(1, "legacyResumeThread");
  EXPECT_TRUE(script_.isHeld());
  ask(2, "legacyResumeThread", 2);
  answer(2, "legacyResumeThread");
  EXPECT_TRUE(script_.isRunning());
}

TEST_F(LegacyTapTest, OneThatHasLoadedResumesAll) {
  event("legacyProcessLoad", 1);
  event("legacyBreakpointHit", 2);
  ask(1, "legacyResumeThread", 1);
  answer(1, "legacyResumeThread");
  EXPECT_TRUE(script_.isRunning());
}

TEST_F(LegacyTapTest, AThreadStandsUntilItKnowsWhatAFileHandles) {
  script_.engine(eventText("legacyRequestHandlers", R"({"fileName":"/srv/app.py"})"));
  EXPECT_TRUE(script_.isHeld());
  ask(1, "legacyResumeAll");
  answer(1, "legacyResumeAll");
  EXPECT_TRUE(script_.isHeld());
  ask(2, "legacySetExceptionHandlerInfo");
  answer(2, "legacySetExceptionHandlerInfo");
  EXPECT_TRUE(script_.isRunning());
}

TEST_F(LegacyTapTest, AStopThatOvertakesTheAnswerHolds) {
  event("legacyBreakpointHit", 1);
  ask(1, "legacyStepOver");
  event("legacyStepDone", 1);
  answer(1, "legacyStepOver");
  EXPECT_TRUE(script_.isHeld());
}

TEST_F(LegacyTapTest, TheEndHoldsNothing) {
  for (const char* end : {"legacyDetach", "legacyProcessExit"}) {
    event("legacyBreakpointHit", 1);
    EXPECT_TRUE(script_.engine(eventText(end)));
    EXPECT_TRUE(script_.isRunning());
  }
}

TEST_F(LegacyTapTest, TheFramesToldBeforeTellThePlace) {
  script_.engine(eventText("legacyThreadFrameList",
                           R"({"threadId":1,"threadName":"GET /x","threadFrames":[]})"));
  script_.engine(eventText(
      "legacyThreadFrameList",
      R"({"threadId":1,"threadName":null,"threadFrames":[{"startLine":40,"lineNo":42,)"
      R"("frameName":"view","fileName":"/srv/views.py","variables":[{"lineNo":1}]},{"lineNo":2}]})"));
  EXPECT_TRUE(script_.isRunning());
  event("legacyBreakpointHit", 1);
  EXPECT_EQ(hold().thread, "GET /x");
  EXPECT_EQ(hold().file, "/srv/views.py");
  EXPECT_EQ(hold().function, "view");
  EXPECT_EQ(hold().line, 42);
}

TEST_F(LegacyTapTest, ManyThreadsAreForgotten) {
  for (int thread = 0; thread < 10'000; ++thread) {
    script_.engine(eventText(
        "legacyThreadFrameList",
        R"({"threadId":)" + std::to_string(thread) + R"(,"threadName":"one","threadFrames":[]})"));
  }
  event("legacyBreakpointHit", 1);
  EXPECT_EQ(hold().thread, "");
  event("legacyBreakpointHit", 9'999);
  EXPECT_EQ(hold().thread, "one");
}

TEST_F(LegacyTapTest, WhatIsNoMessageMakesItBlind) {
  EXPECT_TRUE(script_.engine("[]"));
  EXPECT_TRUE(script_.isUnknown());
  EXPECT_FALSE(script_.engine(eventText("legacyDetach")));
  EXPECT_TRUE(script_.isUnknown());
}

}  // namespace
}  // namespace holdfast::proxy
