#include "host/worker/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace holdfast {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

StartFailure importFailure() {
  StartFailure start;
  start.step = LaunchStep::kImport;
  start.python = "/venv/bin/python";
  start.handler = "mysite.app";
  start.reason = "ImportError: no mysite";
  start.end.exit_code = 3;
  start.tries = {{"mysite.app as a module", "Traceback one\n"},
                 {"mysite, attribute app", "Traceback two\n"}};
  start.output = {"said on the way"};
  return start;
}

TEST(CouldNotStart, TellsEveryImportThatWasTried) {
  const Failure failure = couldNotStart(importFailure());
  EXPECT_EQ(failure.status, 500);
  EXPECT_THAT(failure.title, HasSubstr("could not be imported"));
  EXPECT_THAT(failure.exact, HasSubstr("ImportError: no mysite"));
  EXPECT_THAT(failure.remedy, HasSubstr("WSGI_HANDLER"));
  EXPECT_THAT(failure.detail(),
              AllOf(HasSubstr("importing the app"), HasSubstr("/venv/bin/python"),
                    HasSubstr("mysite.app"), HasSubstr("exit code 3"), HasSubstr("Traceback one"),
                    HasSubstr("Traceback two"), HasSubstr("said on the way")));
}

TEST(CouldNotStart, SaysHowAWorkerEndedThatSaidNothing) {
  StartFailure start = importFailure();
  start.reason.clear();
  start.end.signal = SIGSEGV;
  EXPECT_THAT(couldNotStart(start).exact, AllOf(HasSubstr("mysite.app"), HasSubstr("SIGSEGV")));
}

StartFailure engineFailure(EngineProblem::Kind kind) {
  StartFailure start;
  start.step = LaunchStep::kEngine;
  start.python = "/venv/bin/python";
  start.version = "Python 3.11.2";
  start.handler = "mysite.app";
  start.engine = {kind, "", "", "", "/venv"};
  start.end.exit_code = 1;
  return start;
}

TEST(CouldNotStart, TellsHowToInstallAMissingEngine) {
  const Failure failure = couldNotStart(engineFailure(EngineProblem::Kind::kMissing));
  EXPECT_EQ(failure.exact,
            "debugpy is not installed in /venv: run `/venv/bin/python -m pip install debugpy`.");
  EXPECT_THAT(failure.cause, HasSubstr("The site itself runs on"));
  EXPECT_EQ(failure.detail(), "") << "all has been said";
  StartFailure broken = engineFailure(EngineProblem::Kind::kBroken);
  broken.tries = {{"debugpy", "Traceback ..."}};
  EXPECT_THAT(couldNotStart(broken).detail(), HasSubstr("starting the debugger's engine"));
}

TEST(CouldNotStart, TellsWhatTakesThePlaceOfAnOldEngine) {
  StartFailure start = engineFailure(EngineProblem::Kind::kUnfit);
  start.engine.name = "ptvsd";
  start.engine.version = "3.2.1";
  EXPECT_THAT(couldNotStart(start).exact,
              AllOf(HasSubstr("ptvsd 3.2.1 in /venv"),
                    HasSubstr("run `/venv/bin/python -m pip install debugpy`.")));
  start.engine_plan.engine = "ptvsd";
  EXPECT_THAT(couldNotStart(start).exact, HasSubstr("-m pip install ptvsd==4.3.2"));
}

TEST(CouldNotStart, LeadsToAnEngineThatExistsForThatPython) {
  StartFailure start = engineFailure(EngineProblem::Kind::kMissing);
  start.version = "Python 3.13.0";
  start.engine_plan.engine = "ptvsd";
  EXPECT_THAT(couldNotStart(start).exact,
              AllOf(HasSubstr("ptvsd is not installed"), HasSubstr("debug.engine"),
                    HasSubstr("-m pip install debugpy")));
}

TEST(CouldNotStart, TellsWhyAnEngineDoesNotStart) {
  StartFailure start = engineFailure(EngineProblem::Kind::kBroken);
  start.engine.name = "debugpy";
  start.engine.version = "1.8.22";
  start.engine.reason = "ImportError: no bytes";
  start.tries = {{"debugpy", "Traceback of it\n"}};
  EXPECT_THAT(couldNotStart(start).exact,
              AllOf(HasSubstr("debugpy 1.8.22 in /venv"), HasSubstr("ImportError: no bytes")));
  EXPECT_THAT(couldNotStart(start).detail(),
              AllOf(HasSubstr("starting the debugger's engine"), HasSubstr("Traceback of it")));
  start.engine = {};  // it died without a word
  start.engine.kind = EngineProblem::Kind::kBroken;
  start.end.signal = SIGSEGV;
  EXPECT_THAT(couldNotStart(start).exact, AllOf(HasSubstr("debugpy"), HasSubstr("SIGSEGV")));
}

TEST(CouldNotStart, TellsWhichPortAnEngineCannotHave) {
  StartFailure start = engineFailure(EngineProblem::Kind::kNoListen);
  start.engine_plan.address = "127.0.0.1:5678";
  start.engine.reason = "OSError: in use";
  const Failure failure = couldNotStart(start);
  EXPECT_THAT(failure.exact, AllOf(HasSubstr("127.0.0.1:5678"), HasSubstr("in use")));
  EXPECT_THAT(failure.remedy, HasSubstr("debug.address"));
}

TEST(CouldNotStart, TellsAnInterpreterThatCannotBeExecuted) {
  StartFailure start;
  start.python = "/no/python";
  start.end.started = false;
  start.end.failed_step = "exec";
  start.end.error = std::make_error_code(std::errc::no_such_file_or_directory);
  const Failure failure = couldNotStart(start);
  EXPECT_THAT(failure.exact, AllOf(HasSubstr("/no/python"), HasSubstr("exec"),
                                   HasSubstr("No such file or directory")));
  EXPECT_THAT(failure.remedy, HasSubstr("WSGI_PYTHON"));
}

TEST(CouldNotStart, TellsAnInterpreterThatEndsBeforeTheApp) {
  StartFailure start;
  start.step = LaunchStep::kInterpreter;
  start.python = "/bin/false";
  start.end.exit_code = 1;
  start.output = {"broken"};
  const Failure failure = couldNotStart(start);
  EXPECT_THAT(failure.exact, AllOf(HasSubstr("/bin/false"), HasSubstr("exit code 1")));
  EXPECT_THAT(failure.detail(), HasSubstr("broken"));
}

TEST(CouldNotStart, KeepsNamesFromVisitors) {
  const Failure failure = couldNotStart(importFailure());
  for (const std::string* text : {&failure.title, &failure.cause, &failure.remedy}) {
    EXPECT_THAT(*text, AllOf(Not(HasSubstr("mysite")), Not(HasSubstr("/venv"))));
  }
}

TEST(CouldNotStart, NamesASettingThatIsWrong) {
  StartFailure start = importFailure();
  start.wrong_setting = "WSGI_HANDLER";
  start.reason = "\"mysite.make\" takes no arguments, so it is a factory: write \"mysite.make()\"";
  const Failure failure = couldNotStart(start);
  EXPECT_EQ(failure.title, "The setting WSGI_HANDLER is wrong");
  EXPECT_THAT(failure.exact, HasSubstr("write \"mysite.make()\""));
  EXPECT_THAT(failure.remedy, AllOf(HasSubstr("--handler"), Not(HasSubstr("mysite"))));
}

TEST(WorkerDied, IsABadGatewayThatSaysHow) {
  const Failure failure = workerDied(4711, "killed by signal 9 (SIGKILL)", {"one", "two"});
  EXPECT_EQ(failure.status, 502);
  EXPECT_THAT(failure.cause, HasSubstr("killed by signal 9 (SIGKILL)"));
  EXPECT_THAT(failure.detail(), AllOf(HasSubstr("one"), HasSubstr("two")));
}

TEST(SlotClosed, TellsWhatAnAppMayHaveDone) {
  const Failure failure = slotClosed(4711);
  EXPECT_EQ(failure.status, 502);
  EXPECT_THAT(failure.cause, HasSubstr("4711"));
  EXPECT_THAT(failure.remedy, HasSubstr("closerange"));
}

TEST(ShortLived, KeepsWhatIsKnownOfTheDeath) {
  const Failure death = workerDied(4711, "exit code 3", {"last words"});
  const Failure failure = shortLived(death);
  EXPECT_EQ(failure.status, 500);
  EXPECT_THAT(failure.exact, HasSubstr("exit code 3"));
  EXPECT_THAT(failure.detail(), HasSubstr("last words"));
  EXPECT_THAT(failure.cause, Not(HasSubstr("exit code 3")));
}

TEST(AppRaised, NamesTheExceptionByTheLastLineOfItsTraceback) {
  const char* traceback =
      "Traceback (most recent call last):\n  File \"app.py\", line 1\n    raise\n"
      "ValueError: no <such> value\n";
  const Failure failure = appRaised(traceback);
  EXPECT_EQ(failure.status, 500);
  EXPECT_EQ(failure.exact, "ValueError: no <such> value");
  EXPECT_EQ(failure.detail(), traceback);
  EXPECT_THAT(failure.cause, Not(HasSubstr("ValueError")));
}

TEST(Failure, HasAnAdviceForEverybody) {
  const Failure death = workerDied(4711, "exit code 3", {});
  for (const Failure& failure :
       {couldNotStart(importFailure()), death, slotClosed(4711), shortLived(death), appRaised(""),
        answerTooShort(42), badParams("the cause", "the remedy"), bodyTooLarge(1024),
        queueFull(100), timedOut(std::chrono::seconds(90)), waitedTooLong(std::chrono::seconds(90)),
        wrongSettings({"one"}), shuttingDown()}) {
    EXPECT_NE(failure.title, "");
    EXPECT_NE(failure.cause, "") << failure.title;
    EXPECT_NE(failure.advice, "") << failure.title;
    EXPECT_NE(failure.remedy, "") << failure.title;
    EXPECT_GE(failure.status, 400) << failure.title;
  }
}

TEST(AppRaised, ComesThroughWhateverATracebackIs) {
  EXPECT_EQ(appRaised("").exact, "");
  EXPECT_EQ(appRaised("\n\n").exact, "");
  EXPECT_EQ(appRaised("  indented only").exact, "");
  EXPECT_LE(appRaised(std::string(100'000, 'x')).exact.size(), 1000U);
}

TEST(QueueFull, AsksToComeAgain) {
  const Failure failure = queueFull(100);
  EXPECT_EQ(failure.status, 503);
  EXPECT_GT(failure.retry_after_s, 0);
  EXPECT_THAT(failure.cause, HasSubstr("100"));
}

TEST(TimedOut, NamesLimitAndSetting) {
  using namespace std::chrono_literals;
  const Failure failure = timedOut(90s);
  EXPECT_EQ(failure.status, 504);
  EXPECT_THAT(failure.cause, HasSubstr("90 s"));
  EXPECT_THAT(failure.remedy, AllOf(HasSubstr("stack"), HasSubstr("server.request_timeout")));
  EXPECT_THAT(timedOut(250ms).cause, HasSubstr("250 ms"));
  EXPECT_THAT(timedOut(250ms).cause, Not(HasSubstr("debugger")));
  EXPECT_THAT(timedOut(250ms, true).cause, HasSubstr("a debugger held it does not count"));
}

TEST(WaitedTooLong, SaysThatTheAppNeverHadTheRequest) {
  const Failure failure = waitedTooLong(std::chrono::seconds(7));
  EXPECT_EQ(failure.status, 504);
  EXPECT_GT(failure.retry_after_s, 0);
  EXPECT_THAT(failure.cause, AllOf(HasSubstr("7 s"), HasSubstr("never reached the app")));
  EXPECT_THAT(failure.remedy, HasSubstr("server.workers"));
}

TEST(WrongSettings, NamesEachProblem) {
  const Failure failure = wrongSettings({"holdfast.yaml:3: one", "web.config:7: two"});
  EXPECT_EQ(failure.status, 500);
  EXPECT_EQ(failure.exact, "holdfast.yaml:3: one (and 1 more)");
  EXPECT_THAT(failure.detail(), HasSubstr("holdfast.yaml:3: one\nweb.config:7: two\n"));
  EXPECT_EQ(wrongSettings({"holdfast.yaml:3: one"}).exact, "holdfast.yaml:3: one");
  EXPECT_EQ(wrongSettings({}).exact, "");
}

TEST(WrongSettings, KeepsValuesFromVisitors) {
  const Failure failure = wrongSettings({"/srv/site/holdfast.yaml:3: one"});
  for (const std::string* text : {&failure.title, &failure.cause, &failure.remedy}) {
    EXPECT_THAT(*text, Not(HasSubstr("/srv")));
  }
}

TEST(ShuttingDown, AsksToComeAgain) {
  EXPECT_EQ(shuttingDown().status, 503);
  EXPECT_GT(shuttingDown().retry_after_s, 0);
}

TEST(BadParams, IsTheClientsOrTheServersFault) {
  const Failure failure = badParams("the cause", "the remedy");
  EXPECT_EQ(failure.status, 400);
  EXPECT_EQ(failure.cause, "the cause.");
  EXPECT_EQ(failure.remedy, "the remedy.");
}

TEST(AnswerTooShort, SaysHowMuchIsMissing) {
  EXPECT_THAT(answerTooShort(42).cause, HasSubstr("42 bytes"));
}

}  // namespace
}  // namespace holdfast
