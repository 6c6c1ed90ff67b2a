/// \file load_web_config_test.cpp
/// How web.config, the environment of the workers and PTVS's proxy fit in with the other sources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "config/settings.h"
#include "tests/config/fake_environment.h"
#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LoadWebConfig : public testing::Test {
 protected:
  LoadWebConfig() {
    temp_.writeProgram("bin/python3");
    environment_.set("PATH", at("bin"));
    environment_.set("WSGI_APP_ROOT", at("site"));
    environment_.set("WSGI_HANDLER", "mysite.app");
    writeYaml("");
  }

  std::string at(const std::string& name) const { return (temp_.path() / name).string(); }
  void writeYaml(const std::string& text) { temp_.write("site/holdfast.yaml", text); }

  /// Each `NAME=value` on a line of its own, from line 2.
  void writeWebConfig(const std::vector<std::string>& entries) {
    std::string text = "<configuration><appSettings>\n";
    for (const std::string& entry : entries) {
      const std::size_t equals = entry.find('=');
      text += "<add key=\"" + entry.substr(0, equals) + "\" value=\"" + entry.substr(equals + 1) +
              "\"/>\n";
    }
    temp_.write("site/web.config", text + "</appSettings></configuration>");
  }

  const Settings& load() {
    loaded_ = loadSettings(SiteKind::kServe, command_line_, FakeEnvironment::get, temp_.path(),
                           config_file_);
    return loaded_.settings;
  }
  std::vector<std::string> problems() {
    load();
    std::vector<std::string> lines;
    for (const SettingProblem& problem : loaded_.problems) {
      lines.push_back(problem.source + ": " + problem.text);
    }
    return lines;
  }
  std::string origin(const std::string& key) const {
    for (const SettingOrigin& origin : loaded_.origins) {
      if (origin.key == key) return origin.value + " from " + origin.source;
    }
    return "nowhere";
  }
  /// `NAME=value from source`.
  std::vector<std::string> variables() {
    load();
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < loaded_.variables.size(); ++i) {
      const EnvironmentVariable& variable = loaded_.settings.app.environment.at(i);
      EXPECT_EQ(variable.name, loaded_.variables[i].name);
      const std::string source = loaded_.variables[i].source;
      lines.push_back(variable.name + '=' + variable.value + " from " +
                      source.substr(at("site/").size()));
    }
    return lines;
  }

  FakeEnvironment environment_;
  TempDirectory temp_;
  std::vector<CommandLineValue> command_line_;
  std::optional<fs::path> config_file_;
  LoadedSettings loaded_;
};

TEST_F(LoadWebConfig, IsWeakerThanTheEnvironmentAndStrongerThanYaml) {
  writeYaml("server: {queue: 1, threads: 1, workers: 1}\n");
  writeWebConfig({"WSGI_QUEUE=2", "WSGI_THREADS=2"});
  environment_.set("WSGI_QUEUE", "3");
  EXPECT_THAT(problems(), IsEmpty());
  load();
  EXPECT_EQ(origin("server.queue"), "3 from environment");
  EXPECT_EQ(origin("server.threads"), "2 from " + at("site/web.config:3"));
  EXPECT_EQ(origin("server.workers"), "1 from " + at("site/holdfast.yaml:1"));
}

TEST_F(LoadWebConfig, TellsAWrongValueAsItIsWrittenThere) {
  writeWebConfig({"wsgi_queue=many"});
  EXPECT_THAT(problems(),
              ElementsAre(at("site/web.config") +
                          ":2: wsgi_queue is \"many\", but must be a whole number from 0 to "
                          "100000; for example <add key=\"WSGI_QUEUE\" value=\"100\"/>"));
}

TEST_F(LoadWebConfig, DoesNotDemandAHandlerThatMayStandInIt) {
  environment_.set("WSGI_HANDLER", "");
  temp_.write("site/web.config", "<configuration>");
  EXPECT_EQ(problems().size(), 1u);
}

TEST_F(LoadWebConfig, ReadsTheOneInTheAppRootOfTheFileThatIsGiven) {
  environment_.set("WSGI_APP_ROOT", "");
  config_file_ = temp_.write("etc/site.yaml", "app: {root: ../site}\nserver: {queue: 1}\n");
  writeWebConfig({"WSGI_QUEUE=2"});
  EXPECT_EQ(load().server.queue, 2u);
}

TEST_F(LoadWebConfig, LeadsToTheYamlInTheAppRootThatItNames) {
  environment_.set("WSGI_APP_ROOT", "");
  environment_.set("APPL_PHYSICAL_PATH", at("site"));
  EXPECT_EQ(load().app.root, at("site"));
  EXPECT_EQ(origin("app.root"), at("site") + " from environment");
  environment_.set("WSGI_APP_ROOT", at("site"));
  environment_.set("APPL_PHYSICAL_PATH", "/nowhere");
  EXPECT_EQ(load().app.root, at("site"));
}

TEST_F(LoadWebConfig, NamesTheOldVariableWhereItIsWrong) {
  environment_.set("WSGI_APP_ROOT", "");
  environment_.set("APPL_PHYSICAL_PATH", "/no/such");
  EXPECT_THAT(problems(), ElementsAre("environment: APPL_PHYSICAL_PATH is \"/no/such\", but there "
                                      "is no directory /no/such; for example "
                                      "WSGI_APP_ROOT=/srv/mysite"));
}

TEST_F(LoadWebConfig, GivesTheWorkersWhatTheyDoNotHave) {
  environment_.set("A", "process");
  environment_.set("E", "");
  writeWebConfig({"A=web", "B=web", "C=", "E=web"});
  writeYaml("app:\n  env:\n    A: yaml\n    B: yaml\n    D: yaml\n");
  EXPECT_THAT(variables(), ElementsAre("B=web from web.config:3", "C= from web.config:4",
                                       "D=yaml from holdfast.yaml:5"));
}

TEST_F(LoadWebConfig, ReplacesAnEmptyVariableThatIsASetting) {
  environment_.set("WSGI_HANDLER", "");
  environment_.set("WSGI_RESTART_FILE_REGEX", "");
  writeWebConfig({"WSGI_HANDLER=a.b", "WSGI_RESTART_FILE_REGEX=x"});
  EXPECT_THAT(variables(), ElementsAre("WSGI_HANDLER=a.b from web.config:2"));
  EXPECT_EQ(loaded_.settings.app.handler, "a.b");
  EXPECT_EQ(loaded_.settings.reload.pattern, "");
}

TEST_F(LoadWebConfig, KeepsTheSecretToItself) {
  writeWebConfig({"WSGI_PTVSD_SECRET=0123456789abcdef"});
  EXPECT_THAT(variables(), IsEmpty());
  EXPECT_EQ(loaded_.settings.debug.secret.reveal(), "0123456789abcdef");
  EXPECT_EQ(origin("debug.secret"), "(set) from " + at("site/web.config:2"));
}

TEST_F(LoadWebConfig, NeverShowsASecretThatIsWrong) {
  writeWebConfig({"WSGI_PTVSD_SECRET=ge&#9;heim"});
  EXPECT_THAT(problems(), ElementsAre(at("site/web.config") +
                                      ":2: WSGI_PTVSD_SECRET is set, but must not contain control "
                                      "characters; for example <add key=\"WSGI_PTVSD_SECRET\" "
                                      "value=\"32-random-characters\"/>"));
}

TEST_F(LoadWebConfig, WarnsOfAShortSecretAndOfWhatHasNoEffect) {
  writeYaml("debug:\n  secret: 0123456789abcde\nserver:\n  linger: 2 min\n");
  load();
  const std::string file = at("site/holdfast.yaml");
  EXPECT_THAT(
      loaded_.notices,
      UnorderedElementsAre(
          "debug.secret (" + file +
              ":2) has fewer than 16 characters: whoever guesses it can run code on this machine",
          "server.linger is set (" + file + ":4) but has no effect in this version"));
}

TEST_F(LoadWebConfig, ExpandsPythonpath) {
  environment_.set("SITELOCATION", "/srv/a");
  writeWebConfig({"OTHER=/srv/b", "PYTHONPATH=%SITELOCATION%;%OTHER%;lib;%PYTHONPATH%;${NO}"});
  load();
  EXPECT_THAT(
      loaded_.settings.app.pythonpath,
      ElementsAre("/srv/a", "/srv/b", at("site/lib"), at("site/%PYTHONPATH%"), at("site/${NO}")));
  const std::string start = "PYTHONPATH (" + at("site/web.config") + ":3) uses the variable ";
  const std::string end = ", which is not set, so it is left as it stands";
  EXPECT_THAT(loaded_.notices, ElementsAre(start + "PYTHONPATH" + end, start + "NO" + end));
}

TEST_F(LoadWebConfig, PutsWhatIsBehindTheProxyInItsPlace) {
  environment_.set("WSGI_HANDLER", "");
  temp_.writeProgram("site/env/bin/python");
  writeWebConfig({"WSGI_HANDLER=ptvs_virtualenv_proxy.get_venv_handler()",
                  "WSGI_ALT_VIRTUALENV_HANDLER=a.b()",
                  "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS=env/bin/python"});
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.app.handler, "a.b()");
  EXPECT_EQ(origin("app.handler"),
            "a.b() from " + at("site/web.config") + ":3, WSGI_ALT_VIRTUALENV_HANDLER");
  EXPECT_EQ(loaded_.settings.app.python, at("site/env/bin/python"));
  EXPECT_EQ(origin("app.python"), at("site/env/bin/python") + " from " + at("site/web.config") +
                                      ":4, WSGI_ALT_VIRTUALENV_ACTIVATE_THIS");
  EXPECT_EQ(loaded_.settings.app.virtualenv_activate, "");
}

TEST_F(LoadWebConfig, TakesTheHandlerBehindTheProxyWhereThereIsNone) {
  environment_.set("WSGI_HANDLER", "");
  environment_.set("WSGI_ALT_VIRTUALENV_HANDLER", "a.b");
  EXPECT_EQ(load().app.handler, "a.b");
  environment_.set("WSGI_HANDLER", "own.app");
  EXPECT_EQ(load().app.handler, "own.app");
}

TEST_F(LoadWebConfig, PrefersAnInterpreterThatIsSet) {
  temp_.writeProgram("site/env/bin/python");
  environment_.set("WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", "env/bin/python");
  writeYaml("app: {python: python3}\n");
  EXPECT_EQ(load().app.python, at("bin/python3"));
}

TEST_F(LoadWebConfig, KeepsAnActivateThisForTheWorker) {
  temp_.write("site/env/activate_this.py");
  environment_.set("WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", "env/activate_this.py");
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_EQ(loaded_.settings.app.virtualenv_activate, at("site/env/activate_this.py"));
  EXPECT_EQ(loaded_.settings.app.python, at("bin/python3"));
}

TEST_F(LoadWebConfig, NeedsTheFileThatActivates) {
  for (const char* name : {"env/activate_this.py", "env/bin/python"}) {
    environment_.set("WSGI_ALT_VIRTUALENV_ACTIVATE_THIS", name);
    EXPECT_THAT(problems(),
                ElementsAre("environment: WSGI_ALT_VIRTUALENV_ACTIVATE_THIS is \"" +
                            std::string(name) + "\", but there is no file " + at("site/") + name +
                            "; for example WSGI_ALT_VIRTUALENV_ACTIVATE_THIS="
                            "/srv/mysite/env/bin/activate_this.py"));
  }
}

TEST_F(LoadWebConfig, NamesAllFilesThatDecide) {
  std::vector<std::string> names;
  const auto files = [&] {
    load();
    names.clear();
    for (const fs::path& file : loaded_.files) names.push_back(file.string());
    return names;
  };
  EXPECT_THAT(files(), ElementsAre(at("site/web.config"), at("site/holdfast.yaml")));
  fs::remove(at("site/holdfast.yaml"));
  EXPECT_THAT(files(), ElementsAre(at("site/web.config"), at("site/holdfast.yaml")))
      << "they may come yet";
  temp_.write("site/Web.Config",
              "<configuration><appSettings file='more\\site.config'/></configuration>");
  config_file_ = temp_.write("etc/site.yaml", "nonsense");
  EXPECT_THAT(files(),
              ElementsAre(at("site/Web.Config"), at("site/more/site.config"), at("etc/site.yaml")));
  EXPECT_FALSE(loaded_.problems.empty()) << "what is wrong there can be mended";
}

}  // namespace
}  // namespace holdfast
