#include "config/web_config_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/text_file.h"
#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

std::string settings(const std::string& elements, const std::string& attributes = "") {
  return "<configuration>\n<appSettings" + attributes + ">\n" + elements +
         "\n</appSettings>\n</configuration>\n";
}

std::string add(const std::string& key, const std::string& value) {
  return "<add key=\"" + key + "\" value=\"" + value + "\"/>\n";
}

class WebConfigSource : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return (temp_.path() / name).string(); }

  /// `source: NAME=value`, with the folder left out.
  std::vector<std::string> variables() const {
    std::vector<std::string> lines;
    for (const SourceVariable& variable : contents_.variables) {
      lines.push_back(short_(variable.source) + ": " + variable.name + "=" + variable.value);
    }
    return lines;
  }
  std::vector<std::string> values() const {
    std::vector<std::string> lines;
    for (const SourceValue& value : contents_.values) {
      lines.push_back(short_(value.source) + ": " + value.key + "=" + value.text);
    }
    return lines;
  }
  std::vector<std::string> problems() const {
    std::vector<std::string> lines;
    for (const SettingProblem& problem : contents_.problems) {
      lines.push_back(short_(problem.source) + ": " + problem.text);
    }
    return lines;
  }
  const SourceContents& read() { return contents_ = readWebConfig(temp_.path()); }

  TempDirectory temp_;
  SourceContents contents_;

 private:
  std::string short_(const std::string& path) const {
    return path.substr(temp_.path().string().size() + 1);
  }
};

TEST_F(WebConfigSource, GivesSettingsAndVariables) {
  temp_.write("web.config",
              settings(add("WSGI_HANDLER", "a.b") + add("Other", "x") + add("wsgi_workers", "2")));
  read();
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(values(),
              ElementsAre("web.config:3: app.handler=a.b", "web.config:5: server.workers=2"));
  EXPECT_THAT(variables(), ElementsAre("web.config:3: WSGI_HANDLER=a.b", "web.config:4: Other=x",
                                       "web.config:5: wsgi_workers=2"));
  EXPECT_EQ(contents_.values[0].kind, SourceKind::kWebConfig);
  EXPECT_EQ(contents_.values[0].directory, temp_.path());
  EXPECT_EQ(contents_.values[1].name, "wsgi_workers");
}

TEST_F(WebConfigSource, PassesOverAnEmptyValueUnlessItMeansSomething) {
  temp_.write("web.config", settings(add("WSGI_HANDLER", "") + add("WSGI_RESTART_FILE_REGEX", "")));
  read();
  EXPECT_THAT(values(), ElementsAre("web.config:4: reload.pattern="));
  EXPECT_THAT(variables(),
              ElementsAre("web.config:3: WSGI_HANDLER=", "web.config:4: WSGI_RESTART_FILE_REGEX="));
}

TEST_F(WebConfigSource, PrefersTheNewNameOfASetting) {
  temp_.write("web.config", settings(add("APPL_PHYSICAL_PATH", "/a") + add("WSGI_APP_ROOT", "/b")));
  read();
  EXPECT_THAT(values(), ElementsAre("web.config:4: app.root=/b"));
}

TEST_F(WebConfigSource, IsNothingWhereThereIsNoFile) {
  read();
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_TRUE(contents_.complete);
}

TEST_F(WebConfigSource, HasANameInAnyCase) {
  temp_.write("Web.CONFIG", settings(add("A", "1")));
  temp_.write("web.debug.config", settings(add("A", "2")));
  read();
  EXPECT_THAT(variables(), ElementsAre("Web.CONFIG:3: A=1"));
}

TEST_F(WebConfigSource, WantsOneOfTwoFilesGone) {
  temp_.write("web.config", settings(add("A", "1")));
  temp_.write("Web.config", settings(add("A", "2")));
  read();
  EXPECT_THAT(variables(), ElementsAre("web.config:3: A=1"));
  EXPECT_THAT(problems(), ElementsAre("web.config: there is also \"" + at("Web.config") +
                                      "\", and Windows would not tell them apart: keep one of "
                                      "the two"));
}

TEST_F(WebConfigSource, MergesAFileOverIt) {
  temp_.write("web.config", settings(add("A", "1") + add("B", "2"), " file=\"conf\\more.config\""));
  temp_.write("conf/more.config",
              "<appSettings><remove key=\"a\"/>\n" + add("B", "3") + "</appSettings>");
  read();
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(variables(), ElementsAre("conf/more.config:2: B=3"));
}

TEST_F(WebConfigSource, DoesWithoutAFileThatIsMissing) {
  temp_.write("web.config", settings(add("A", "1"), " file=\"no.config\""));
  read();
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(variables(), ElementsAre("web.config:3: A=1"));
}

TEST_F(WebConfigSource, TakesAllFromAConfigSource) {
  temp_.write("web.config", settings("", " configSource=\"all.config\""));
  temp_.write("all.config", "<appSettings>" + add("A", "1") + "</appSettings>");
  read();
  EXPECT_THAT(problems(), IsEmpty());
  EXPECT_THAT(variables(), ElementsAre("all.config:1: A=1"));
}

TEST_F(WebConfigSource, NeedsItsConfigSource) {
  temp_.write("web.config", settings("", " configSource=\"no.config\""));
  read();
  EXPECT_THAT(problems(),
              ElementsAre("web.config:2: configSource is \"no.config\", but there is no file " +
                          at("no.config") + ": bring it there or remove the attribute"));
  EXPECT_FALSE(contents_.complete);
}

TEST_F(WebConfigSource, StaysBesideTheFile) {
  temp_.write("web.config", settings("", " file=\"/etc/passwd\""));
  read();
  EXPECT_THAT(problems(), ElementsAre("web.config:2: file is \"/etc/passwd\", but must be relative "
                                      "to the folder of this file"));
}

TEST_F(WebConfigSource, TellsWhatIsWrongInAnotherFile) {
  temp_.write("web.config", settings("", " configSource=\"all.config\""));
  temp_.write("all.config", "<appSettings>\n<add/></appSettings>");
  read();
  EXPECT_THAT(problems(), ElementsAre("all.config:2: <add> has no key: write <add key=\"NAME\" "
                                      "value=\"VALUE\"/>"));
}

TEST_F(WebConfigSource, TellsOfANameThatIsProbablyMisspelt) {
  temp_.write("web.config", settings(add("WSGI_HANDELR", "a") + add("WSGI_SOMETHING_ELSE", "b") +
                                     add("HOLDFAST_LISTN", "c") + add("HANDLER", "d")));
  read();
  EXPECT_THAT(contents_.notices,
              ElementsAre("\"WSGI_HANDELR\" (" + at("web.config") +
                              ":3) is no setting; the nearest one is WSGI_HANDLER: correct the "
                              "name if that is meant",
                          "\"HOLDFAST_LISTN\" (" + at("web.config") +
                              ":5) is no setting; the nearest one is HOLDFAST_LISTEN: correct the "
                              "name if that is meant"));
}

TEST_F(WebConfigSource, LimitsTheSizeOfAFile) {
  temp_.write("web.config", std::string(kMaxSettingsBytes + 1, ' '));
  read();
  EXPECT_THAT(problems(), ElementsAre("web.config: has more than 1048576 bytes, which is not a "
                                      "file of settings"));
  EXPECT_FALSE(contents_.complete);
}

TEST_F(WebConfigSource, SaysWhyAFileCannotBeRead) {
  fs::create_directory(temp_.path() / "web.config");
  read();
  EXPECT_THAT(problems(), ElementsAre("web.config: cannot be read: Is a directory"));
  fs::remove(temp_.path() / "web.config");
  fs::create_symlink("gone", temp_.path() / "web.config");
  read();
  EXPECT_THAT(problems(), ElementsAre("web.config: cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace holdfast
