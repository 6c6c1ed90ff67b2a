#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "config/setting_table.h"
#include "config/settings.h"
#include "tests/config/fake_environment.h"
#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

/// A site in a temporary directory, with python3 on PATH beside it; its settings lack nothing.
class LoadSettings : public testing::Test {
 protected:
  LoadSettings() {
    fs::create_directories(root());
    temp_.writeProgram("bin/python3");
    environment_.set("PATH", at("bin"));
    environment_.set("WSGI_APP_ROOT", root().string());
    environment_.set("WSGI_HANDLER", "mysite.app");
  }

  fs::path root() const { return temp_.path() / "site"; }
  std::string at(const std::string& name) const { return (temp_.path() / name).string(); }
  void writeYaml(const std::string& text) { temp_.write("site/holdfast.yaml", text); }

  const Settings& load() {
    loaded_ = loadSettings(kind_, command_line_, FakeEnvironment::get, directory_, config_file_);
    return loaded_.settings;
  }

  /// `source: text`, as people see them.
  std::vector<std::string> problems() {
    load();
    std::vector<std::string> lines;
    for (const SettingProblem& problem : loaded_.problems) {
      lines.push_back(problem.source + ": " + problem.text);
    }
    return lines;
  }

  /// `value from source`.
  std::string origin(const std::string& key) const {
    for (const SettingOrigin& origin : loaded_.origins) {
      if (origin.key == key) return origin.value + " from " + origin.source;
    }
    return "nowhere";
  }

  FakeEnvironment environment_;
  TempDirectory temp_;
  SiteKind kind_ = SiteKind::kServe;
  std::vector<CommandLineValue> command_line_;
  fs::path directory_ = temp_.path();
  std::optional<fs::path> config_file_;
  LoadedSettings loaded_;
};

TEST_F(LoadSettings, HasADefaultForAllButTheHandler) {
  EXPECT_THAT(problems(), IsEmpty());
  const Settings& settings = loaded_.settings;
  EXPECT_EQ(settings.app.handler, "mysite.app");
  EXPECT_EQ(settings.app.root, root());
  EXPECT_EQ(settings.app.python, at("bin/python3"));
  EXPECT_EQ(settings.app.mount, "");
  EXPECT_EQ(settings.server.listen, "");
  EXPECT_EQ(settings.server.http, "");
  EXPECT_EQ(settings.server.socket_mode, 0660u);
  EXPECT_EQ(settings.server.socket_owner, "");
  EXPECT_EQ(settings.server.workers,
            std::min(4u, std::max(1u, std::thread::hardware_concurrency())));
  EXPECT_EQ(settings.server.threads, 4u);
  EXPECT_EQ(settings.server.queue, 100u);
  EXPECT_FALSE(settings.server.show_errors);
}

TEST_F(LoadSettings, ShowsErrorsByDefaultOnlyToDevelopers) {
  kind_ = SiteKind::kDev;
  EXPECT_TRUE(load().server.show_errors);
  writeYaml("server:\n  show_errors: false\n");
  EXPECT_FALSE(load().server.show_errors);
  kind_ = SiteKind::kServe;
  writeYaml("server:\n  show_errors: yes\n");
  EXPECT_TRUE(load().server.show_errors);
}

TEST_F(LoadSettings, TakesTheCurrentDirectoryForTheAppRoot) {
  environment_.set("WSGI_APP_ROOT", "");
  EXPECT_EQ(load().app.root, temp_.path());
  EXPECT_EQ(origin("app.root"), temp_.path().string() + " from default");
}

TEST_F(LoadSettings, FindsTheVirtualEnvironmentOfTheSite) {
  temp_.writeProgram("site/.venv/bin/python");
  EXPECT_EQ(load().app.python, at("site/.venv/bin/python"));
  EXPECT_EQ(origin("app.python"), at("site/.venv/bin/python") + " from default");
}

TEST_F(LoadSettings, TakesPythonFromTheAppRootThatAWeakerSourceNames) {
  environment_.set("WSGI_APP_ROOT", "");
  temp_.writeProgram("site/env/bin/python");
  config_file_ = temp_.write("etc/site.yaml", "app:\n  root: ../site\n");
  command_line_ = {{"app.python", "env/bin/python"}};
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.app.root, root());
  EXPECT_EQ(loaded_.settings.app.python, at("site/env/bin/python"));
}

TEST_F(LoadSettings, PrefersTheStrongerSource) {
  writeYaml("server:\n  threads: 2\n  workers: 3\n  queue: 7\n");
  environment_.set("WSGI_THREADS", "5");
  environment_.set("WSGI_WORKERS", "6");
  command_line_ = {{"server.workers", "8"}};
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.server.queue, 7u);
  EXPECT_EQ(loaded_.settings.server.threads, 5u);
  EXPECT_EQ(loaded_.settings.server.workers, 8u);
  EXPECT_EQ(origin("server.queue"), "7 from " + at("site/holdfast.yaml") + ":4");
  EXPECT_EQ(origin("server.threads"), "5 from environment");
  EXPECT_EQ(origin("server.workers"), "8 from command line");
}

TEST_F(LoadSettings, PassesOverAnEmptyVariable) {
  writeYaml("server:\n  threads: 2\n");
  environment_.set("WSGI_THREADS", "");
  EXPECT_EQ(load().server.threads, 2u);
}

TEST_F(LoadSettings, TakesEveryVariable) {
  temp_.writeProgram("bin/python3.12");
  environment_.set("WSGI_PYTHON", "python3.12");
  environment_.set("SCRIPT_NAME", "shop/");
  environment_.set("HOLDFAST_LISTEN", "unix:/run/x.sock");
  environment_.set("HOLDFAST_HTTP", "tcp:127.0.0.1:0");
  environment_.set("WSGI_WORKERS", "512");
  environment_.set("WSGI_THREADS", "1");
  environment_.set("WSGI_QUEUE", "0");
  EXPECT_THAT(problems(), IsEmpty());
  const Settings& settings = loaded_.settings;
  EXPECT_EQ(settings.app.python, at("bin/python3.12"));
  EXPECT_EQ(settings.app.mount, "/shop");
  EXPECT_EQ(settings.server.listen, "unix:/run/x.sock");
  EXPECT_EQ(settings.server.http, "tcp:127.0.0.1:0");
  EXPECT_EQ(settings.server.workers, 512u);
  EXPECT_EQ(settings.server.threads, 1u);
  EXPECT_EQ(settings.server.queue, 0u);
}

TEST_F(LoadSettings, TakesEveryKeyOfTheFile) {
  fs::create_directories(root() / "src");
  temp_.writeProgram("site/src/py");
  environment_.set("WSGI_HANDLER", "");
  environment_.set("WSGI_APP_ROOT", "");
  config_file_ = root() / "other.yaml";
  temp_.write("site/other.yaml",
              "app: {handler: 'a:b()', root: src, python: ./py, mount: /m}\n"
              "server:\n"
              "  listen: tcp:127.0.0.1:9000\n"
              "  http: tcp:localhost:8000\n"
              "  workers: 2\n"
              "  threads: 3\n"
              "  queue: 100000\n"
              "  show_errors: on\n");
  EXPECT_THAT(problems(), IsEmpty());
  const Settings& settings = loaded_.settings;
  EXPECT_EQ(settings.app.handler, "a:b()");
  EXPECT_EQ(settings.app.root, root() / "src");
  EXPECT_TRUE(fs::equivalent(settings.app.python, root() / "src" / "py"));
  EXPECT_EQ(settings.app.mount, "/m");
  EXPECT_EQ(settings.server.listen, "tcp:127.0.0.1:9000");
  EXPECT_EQ(settings.server.http, "tcp:localhost:8000");
  EXPECT_EQ(settings.server.workers, 2u);
  EXPECT_EQ(settings.server.threads, 3u);
  EXPECT_EQ(settings.server.queue, 100000u);
  EXPECT_TRUE(settings.server.show_errors);
}

TEST_F(LoadSettings, LogsRequestsByDefaultOnlyForDevelopers) {
  EXPECT_FALSE(load().log.requests);
  writeYaml("log:\n  requests: yes\n");
  EXPECT_TRUE(load().log.requests);
  kind_ = SiteKind::kDev;
  writeYaml("log:\n  requests: no\n");
  EXPECT_FALSE(load().log.requests);
  writeYaml("");
  EXPECT_TRUE(load().log.requests);
}

TEST_F(LoadSettings, TakesSocketModeAndOwnerFromTheCommandLine) {
  command_line_ = {{"server.socket_mode", "0600"}, {"server.socket_owner", "www-data:adm"}};
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.server.socket_mode, 0600u);
  EXPECT_EQ(loaded_.settings.server.socket_owner, "www-data:adm");
  EXPECT_EQ(origin("server.socket_mode"), "0600 from command line");
}

TEST_F(LoadSettings, SaysForEachSettingWhereItCameFrom) {
  load();
  std::vector<std::string> keys, expected;
  for (const SettingOrigin& origin : loaded_.origins) keys.push_back(origin.key);
  for (const Setting& setting : settingTable()) expected.emplace_back(setting.key);
  EXPECT_EQ(keys, expected);
  EXPECT_EQ(origin("app.handler"), "mysite.app from environment");
  EXPECT_EQ(origin("app.python"), at("bin/python3") + " from default");
  EXPECT_EQ(origin("app.mount"), " from default");
  EXPECT_EQ(origin("server.socket_mode"), "0660 from default");
  EXPECT_EQ(origin("server.show_errors"), "false from default");
}

TEST_F(LoadSettings, ReadsTheFileOfTheAppRootThatTheCommandLineNames) {
  fs::create_directories(temp_.path() / "other");
  temp_.write("other/holdfast.yaml", "server:\n  threads: 9\n");
  writeYaml("server:\n  threads: 2\n");
  command_line_ = {{"app.root", at("other")}};
  EXPECT_EQ(load().server.threads, 9u);
}

TEST_F(LoadSettings, ReadsOnlyTheFileThatIsGiven) {
  writeYaml("server:\n  threads: 2\n  nonsense: 1\n");
  config_file_ = temp_.write("etc/site.yaml", "server:\n  workers: 3\n");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.server.threads, 4u);
  EXPECT_EQ(loaded_.settings.server.workers, 3u);
}

TEST_F(LoadSettings, NeedsTheFileThatIsGiven) {
  config_file_ = at("no.yaml");
  EXPECT_THAT(problems(), ElementsAre(at("no.yaml") + ": cannot be read: No such file or "
                                                      "directory"));
}

TEST_F(LoadSettings, NeedsTheFileThatALinkInTheAppRootLeadsTo) {
  fs::create_symlink(at("gone.yaml"), root() / "holdfast.yaml");
  EXPECT_THAT(problems(), ElementsAre(at("site/holdfast.yaml") +
                                      ": cannot be read: No such file or directory"));
}

TEST_F(LoadSettings, DemandsAHandler) {
  environment_.set("WSGI_HANDLER", "");
  EXPECT_THAT(
      problems(),
      ElementsAre("default: WSGI_HANDLER env var must be set, or the appSetting of that name in "
                  "web.config, or app.handler in holdfast.yaml, or "
                  "--handler on the command line: nothing says which WSGI app to serve; for "
                  "example WSGI_HANDLER=mysite.wsgi.application"));
  EXPECT_EQ(origin("app.handler"), "nowhere");
}

TEST_F(LoadSettings, DoesNotDemandWhatMayStandInAFileThatItCouldNotRead) {
  environment_.set("WSGI_HANDLER", "");
  environment_.set("PATH", "/nowhere");
  writeYaml("app: [\n");
  load();
  ASSERT_EQ(loaded_.problems.size(), 1u);
  EXPECT_EQ(loaded_.problems[0].source, at("site/holdfast.yaml") + ":1");
}

TEST_F(LoadSettings, DoesNotDemandWhatMayStandInAnAppRootThatIsNotThere) {
  environment_.set("WSGI_HANDLER", "");
  environment_.set("PATH", "/nowhere");
  environment_.set("WSGI_APP_ROOT", at("no"));
  EXPECT_THAT(problems(), ElementsAre("environment: WSGI_APP_ROOT is \"" + at("no") +
                                      "\", but there is no directory " + at("no") +
                                      "; for example WSGI_APP_ROOT=/srv/mysite"));
}

TEST_F(LoadSettings, DoesNotLookForPythonInAnAppRootThatIsNotThere) {
  command_line_ = {{"app.root", at("no")}};
  environment_.set("WSGI_PYTHON", "env/bin/python");
  EXPECT_EQ(problems().size(), 1u);
  environment_.set("WSGI_PYTHON", "python9");
  EXPECT_EQ(problems().size(), 2u);
}

TEST_F(LoadSettings, SaysWherePythonWasLookedFor) {
  environment_.set("PATH", "/nowhere");
  EXPECT_THAT(problems(),
              ElementsAre("default: WSGI_PYTHON env var must be set, or the appSetting of that "
                          "name in web.config, or app.python in holdfast.yaml, or "
                          "--python on the command line: there is no python3 on PATH, and in " +
                          at("site") +
                          " neither .venv nor venv with bin/python; for example "
                          "WSGI_PYTHON=/usr/bin/python3"));
}

TEST_F(LoadSettings, TellsTheProblemsOfAllSourcesAtOnce) {
  writeYaml("server:\n  threads: many\n  worker: 4\n");
  environment_.set("WSGI_HANDLER", "");
  environment_.set("WSGI_QUEUE", "-1");
  command_line_ = {{"server.workers", "0"}};
  EXPECT_THAT(
      problems(),
      ElementsAre(at("site/holdfast.yaml") +
                      ":3: unknown key \"server.worker\": the nearest known one is server.workers",
                  "default: WSGI_HANDLER env var must be set, or the appSetting of that name in "
                  "web.config, or app.handler in holdfast.yaml, or "
                  "--handler on the command line: nothing says which WSGI app to serve; for "
                  "example WSGI_HANDLER=mysite.wsgi.application",
                  "command line: --workers is \"0\", but must be a whole number from 1 to 512; for "
                  "example --workers 4",
                  at("site/holdfast.yaml") +
                      ":2: server.threads is \"many\", but must be a whole number from 1 to 512; "
                      "for example \"threads: 4\" under \"server:\"",
                  "environment: WSGI_QUEUE is \"-1\", but must be a whole number from 0 to "
                  "100000; for example WSGI_QUEUE=100"));
}

TEST_F(LoadSettings, LeavesAWrongValueAloneThatAStrongerSourceReplaces) {
  writeYaml("server:\n  threads: [many]\n");
  environment_.set("WSGI_THREADS", "few");
  command_line_ = {{"server.threads", "3"}};
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.server.threads, 3u);
}

TEST_F(LoadSettings, DoesNotFallBackFromAWrongValueToAWeakerSource) {
  writeYaml("server:\n  threads: 2\n");
  environment_.set("WSGI_THREADS", "few");
  EXPECT_EQ(problems().size(), 1u);
  EXPECT_EQ(loaded_.settings.server.threads, 4u);
  EXPECT_EQ(origin("server.threads"), "nowhere");
}

TEST_F(LoadSettings, MeansRelativePathsFromTheGivenDirectory) {
  temp_.write("start/etc/site.yaml", "server: {queue: 3, listen: 'unix:run/it'}\n");
  directory_ = temp_.path() / "start";
  config_file_ = "etc/site.yaml";
  environment_.set("WSGI_APP_ROOT", "../site");
  EXPECT_EQ(load().server.queue, 3u);
  EXPECT_EQ(loaded_.settings.app.root, root());
  EXPECT_EQ(origin("server.queue"), "3 from " + at("start/etc/site.yaml:1"));
  EXPECT_EQ(loaded_.settings.server.listen, "unix:" + at("start/etc/run/it"));
  command_line_ = {{"server.listen", "unix:it"}};
  EXPECT_EQ(load().server.listen, "unix:" + at("start/it"));
  command_line_ = {{"server.listen", "unix:" + std::string(107, 'x')}};
  EXPECT_THAT(problems(),
              ElementsAre(testing::HasSubstr("that of a UNIX socket can have at most")));
}

TEST_F(LoadSettings, KeepsControlCharactersOutOfOrigins) {
  fs::create_directories(temp_.path() / "a\nb");
  directory_ = temp_.path() / "a\nb";
  environment_.set("WSGI_APP_ROOT", "");
  load();
  EXPECT_EQ(origin("app.root"), at("a\\x0Ab") + " from default");
}

TEST_F(LoadSettings, SurvivesTheLossOfTheCurrentDirectory) {
  directory_.clear();
  environment_.set("WSGI_APP_ROOT", "");
  const std::vector<std::string> by_default = problems();
  environment_.set("WSGI_APP_ROOT", "here");
  const std::vector<std::string> by_variable = problems();
  EXPECT_THAT(by_default,
              ElementsAre("default: WSGI_APP_ROOT env var must be set, or the appSetting of that "
                          "name in web.config, or app.root in holdfast.yaml, or "
                          "--app-root on the command line: the current directory is not there any "
                          "more; for example WSGI_APP_ROOT=/srv/mysite"));
  EXPECT_THAT(by_variable, ElementsAre("environment: WSGI_APP_ROOT is \"here\", but there is no "
                                       "directory here; for example WSGI_APP_ROOT=/srv/mysite"));
}

/// One wrong value and the exact message for it; ROOT stands for the app root.
struct WrongValue {
  const char* name;  ///< of the test
  const char* key;   ///< of the command line, or the variable, or the line in the file
  const char* value;
  const char* problem;
};

void PrintTo(const WrongValue& wrong, std::ostream* out) { *out << wrong.name; }

std::string testName(const testing::TestParamInfo<WrongValue>& wrong) { return wrong.param.name; }

class WrongSetting : public LoadSettings, public testing::WithParamInterface<WrongValue> {
 protected:
  std::string expected() const {
    std::string text = GetParam().problem;
    for (std::size_t at = 0; (at = text.find("ROOT/", at)) != std::string::npos;) {
      text.replace(at, 4, root().string());
      at += root().string().size();
    }
    return text;
  }
};

class WrongOption : public WrongSetting {};

TEST_P(WrongOption, IsToldByTheNameOfTheOption) {
  command_line_ = {{GetParam().key, GetParam().value}};
  EXPECT_THAT(problems(), ElementsAre("command line: " + expected()));
}

const WrongValue kWrongOptions[] = {
    {"NoHandler", "app.handler", "",
     "--handler is \"\", but must name the WSGI app; for example --handler "
     "mysite.wsgi.application"},
    {"HandlerWithBlank", "app.handler", "my app",
     "--handler is \"my app\", but must not contain blanks; for example --handler "
     "mysite.wsgi.application"},
    {"NoRoot", "app.root", "",
     "--app-root is \"\", but must be a directory; for example --app-root "
     "/srv/mysite"},
    {"NoSuchRoot", "app.root", "/no/such",
     "--app-root is \"/no/such\", but there is no directory /no/such; for example "
     "--app-root /srv/mysite"},
    {"NoSuchPython", "app.python", "env/python",
     "--python is \"env/python\", but there is no file ROOT/env/python; for example "
     "--python /usr/bin/python3"},
    {"NoSuchPythonOnPath", "app.python", "python9",
     "--python is \"python9\", but there is no such program on PATH; for example "
     "--python /usr/bin/python3"},
    {"Listen", "server.listen", "9000",
     "--listen is \"9000\", but must be unix:PATH or tcp:HOST:PORT; for example "
     "--listen unix:/run/mysite.sock"},
    {"ListenOnPort0", "server.listen", "tcp:0.0.0.0:0",
     "--listen is \"tcp:0.0.0.0:0\", but port 0 would open a port that the web "
     "server cannot know: its PORT must be a number from 1 to 65535; for example "
     "--listen unix:/run/mysite.sock"},
    {"Http", "server.http", "tcp:127.0.0.1:70000",
     "--http is \"tcp:127.0.0.1:70000\", but its PORT must be a number from 0 to "
     "65535; for example --http tcp:127.0.0.1:8000"},
    {"SocketMode", "server.socket_mode", "rw",
     "--socket-mode is \"rw\", but must be an octal number from 0000 to 0777; for "
     "example --socket-mode 0660"},
    {"SocketOwner", "server.socket_owner", ":adm",
     "--socket-owner is \":adm\", but must be USER or USER:GROUP; for example "
     "--socket-owner www-data:www-data"},
    {"Workers", "server.workers", "513",
     "--workers is \"513\", but must be a whole number from 1 to 512; for example "
     "--workers 4"},
    {"Threads", "server.threads", "two",
     "--threads is \"two\", but must be a whole number from 1 to 512; for example "
     "--threads 4"},
    {"ControlCharacter", "app.handler", "a\nb",
     "--handler is \"a\\x0Ab\", but must not contain control characters; for "
     "example --handler mysite.wsgi.application"}};

INSTANTIATE_TEST_SUITE_P(CommandLine, WrongOption, testing::ValuesIn(kWrongOptions), testName);

class WrongVariable : public WrongSetting {};

TEST_P(WrongVariable, IsToldByItsName) {
  environment_.set(GetParam().key, GetParam().value);
  EXPECT_THAT(problems(), ElementsAre("environment: " + expected()));
}

const WrongValue kWrongVariables[] = {
    {"Handler", "WSGI_HANDLER", "my app",
     "WSGI_HANDLER is \"my app\", but must not contain blanks; for example "
     "WSGI_HANDLER=mysite.wsgi.application"},
    {"Root", "WSGI_APP_ROOT", "/dev/null",
     "WSGI_APP_ROOT is \"/dev/null\", but /dev/null is not a directory; for example "
     "WSGI_APP_ROOT=/srv/mysite"},
    {"Python", "WSGI_PYTHON", "/dev/null",
     "WSGI_PYTHON is \"/dev/null\", but /dev/null is not a file that can be "
     "executed; for example WSGI_PYTHON=/usr/bin/python3"},
    {"Mount", "SCRIPT_NAME", "/a\tb",
     "SCRIPT_NAME is \"/a\\x09b\", but must not contain control characters; for "
     "example SCRIPT_NAME=/shop"},
    {"Listen", "HOLDFAST_LISTEN", "tcp:[::1]:9000",
     "HOLDFAST_LISTEN is \"tcp:[::1]:9000\", but its HOST must be an IPv4 address "
     "(0.0.0.0 for all of this machine's) or localhost; for example "
     "HOLDFAST_LISTEN=unix:/run/mysite.sock"},
    {"Http", "HOLDFAST_HTTP", "unix:/run/x",
     "HOLDFAST_HTTP is \"unix:/run/x\", but must be tcp:HOST:PORT; for example "
     "HOLDFAST_HTTP=tcp:127.0.0.1:8000"},
    {"Workers", "WSGI_WORKERS", "abc",
     "WSGI_WORKERS is \"abc\", but must be a whole number from 1 to 512; for "
     "example WSGI_WORKERS=4"},
    {"Threads", "WSGI_THREADS", "0",
     "WSGI_THREADS is \"0\", but must be a whole number from 1 to 512; for example "
     "WSGI_THREADS=4"},
    {"Queue", "WSGI_QUEUE", "100001",
     "WSGI_QUEUE is \"100001\", but must be a whole number from 0 to 100000; for "
     "example WSGI_QUEUE=100"}};

INSTANTIATE_TEST_SUITE_P(Environment, WrongVariable, testing::ValuesIn(kWrongVariables), testName);

class WrongFileValue : public WrongSetting {};

TEST_P(WrongFileValue, IsToldByItsKeyAndLine) {
  // The environment would be stronger.
  environment_.set("WSGI_HANDLER", "");
  const std::string key = GetParam().key;
  const std::string section(sectionOf(key)), name(nameInSection(key));
  writeYaml("# settings\n" + section + ":\n  " + name + ": " + GetParam().value + "\n");
  if (key != "app.handler") command_line_ = {{"app.handler", "mysite.app"}};
  EXPECT_THAT(problems(), ElementsAre(at("site/holdfast.yaml") + ":3: " + expected()));
}

const WrongValue kWrongFileValues[] = {
    {"NoHandler", "app.handler", "",
     "app.handler is empty, but must be a single value; for example \"handler: "
     "mysite.wsgi.application\" under \"app:\""},
    {"EmptyHandler", "app.handler", "\"\"",
     "app.handler is \"\", but must name the WSGI app; for example \"handler: "
     "mysite.wsgi.application\" under \"app:\""},
    {"HandlerWithNul", "app.handler", "\"a\\0b\"",
     "app.handler is \"a\\x00b\", but must not contain control characters; for "
     "example \"handler: mysite.wsgi.application\" under \"app:\""},
    {"Python", "app.python", ".venv/bin/python3",
     "app.python is \".venv/bin/python3\", but there is no file "
     "ROOT/.venv/bin/python3; for example \"python: /usr/bin/python3\" under "
     "\"app:\""},
    {"Mount", "app.mount", "[/a, /b]",
     "app.mount is a list, but must be a single value; for example \"mount: /shop\" "
     "under \"app:\""},
    {"Listen", "server.listen", "\"unix:\"",
     "server.listen is \"unix:\", but must be unix:PATH or tcp:HOST:PORT, and the "
     "PATH is missing; for example \"listen: unix:/run/mysite.sock\" under "
     "\"server:\""},
    {"Http", "server.http", "8000",
     "server.http is \"8000\", but must be tcp:HOST:PORT; for example \"http: "
     "tcp:127.0.0.1:8000\" under \"server:\""},
    {"Workers", "server.workers", "4.5",
     "server.workers is \"4.5\", but must be a whole number from 1 to 512; for "
     "example \"workers: 4\" under \"server:\""},
    {"Threads", "server.threads", "{min: 1}",
     "server.threads is a mapping, but must be a single value; for example "
     "\"threads: 4\" under \"server:\""},
    {"Queue", "server.queue", "true",
     "server.queue is \"true\", but must be a whole number from 0 to 100000; for "
     "example \"queue: 100\" under \"server:\""},
    {"ShowErrors", "server.show_errors", "dev",
     "server.show_errors is \"dev\", but must be true or false; for example "
     "\"show_errors: true\" under \"server:\""}};

INSTANTIATE_TEST_SUITE_P(Yaml, WrongFileValue, testing::ValuesIn(kWrongFileValues), testName);

TEST_F(LoadSettings, TellsAWrongAppRootOfTheFile) {
  environment_.set("WSGI_APP_ROOT", "");
  config_file_ = temp_.write("etc/site.yaml", "app:\n  root: sub\n");
  EXPECT_THAT(problems(),
              ElementsAre(at("etc/site.yaml") +
                          ":2: app.root is \"sub\", but there is no "
                          "directory " +
                          at("etc/sub") + "; for example \"root: /srv/mysite\" under \"app:\""));
}

TEST_F(LoadSettings, TakesACertificateWithItsKey) {
  temp_.write("site/tls/c.pem");
  temp_.write("site/tls/c.key");
  writeYaml(
      "server:\n  channel: tcp:0.0.0.0:8443\n  channel_certificate: tls/c.pem\n"
      "  channel_key: tls/c.key\n");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.server.channel_certificate, root() / "tls/c.pem");
  EXPECT_EQ(loaded_.settings.server.channel_key, root() / "tls/c.key");
  EXPECT_THAT(loaded_.notices, IsEmpty());
}

TEST_F(LoadSettings, WantsACertificateAndItsKeyOrNone) {
  temp_.write("c.pem");
  environment_.set("HOLDFAST_CHANNEL", "tcp:0.0.0.0:8443");
  environment_.set("HOLDFAST_CHANNEL_CERTIFICATE", "c.pem");
  EXPECT_THAT(problems(), ElementsAre(testing::HasSubstr(
                              "there is a server.channel_certificate, which is of no "
                              "use without its key")));
  environment_.set("HOLDFAST_CHANNEL_CERTIFICATE", "");
  environment_.set("HOLDFAST_CHANNEL_KEY", "c.pem");
  EXPECT_THAT(problems(),
              ElementsAre("environment: HOLDFAST_CHANNEL_KEY is \"c.pem\", but there is "
                          "no server.channel_certificate: set both, or none; for "
                          "example HOLDFAST_CHANNEL_KEY=/etc/ssl/mysite.key"));
}

TEST_F(LoadSettings, NamesACertificateThatIsNotThereAndNothingElse) {
  temp_.write("c.key");
  environment_.set("HOLDFAST_CHANNEL", "tcp:0.0.0.0:8443");
  environment_.set("HOLDFAST_CHANNEL_CERTIFICATE", "c.pem");
  environment_.set("HOLDFAST_CHANNEL_KEY", "c.key");
  EXPECT_THAT(
      problems(),
      ElementsAre("environment: HOLDFAST_CHANNEL_CERTIFICATE is \"c.pem\", but " + at("c.pem") +
                  " cannot be read: No such file or directory; for example "
                  "HOLDFAST_CHANNEL_CERTIFICATE=/etc/ssl/mysite.pem"));
}

TEST_F(LoadSettings, WarnsOfACertificateThatIsNotUsed) {
  temp_.write("c.pem");
  temp_.write("c.key");
  environment_.set("HOLDFAST_CHANNEL", "unix:/run/site.sock");
  environment_.set("HOLDFAST_CHANNEL_CERTIFICATE", "c.pem");
  environment_.set("HOLDFAST_CHANNEL_KEY", "c.key");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(
      loaded_.notices,
      ElementsAre("HOLDFAST_CHANNEL_CERTIFICATE (environment) is not used: TLS is only for a "
                  "server.channel of tcp:HOST:PORT"));
}

}  // namespace
}  // namespace holdfast
