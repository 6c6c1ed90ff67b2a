#include "config/yaml_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "config/text_file.h"
#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `source: text`, as people see a problem.
std::vector<std::string> problemsOf(const SourceContents& contents) {
  std::vector<std::string> lines;
  for (const SettingProblem& problem : contents.problems) {
    lines.push_back(problem.source + ": " + problem.text);
  }
  return lines;
}

/// `source: key=text`, or `source: key fault`.
std::vector<std::string> valuesOf(const SourceContents& contents) {
  std::vector<std::string> lines;
  for (const SourceValue& value : contents.values) {
    const std::string start = value.source + ": " + value.key;
    lines.push_back(value.fault.empty() ? start + "=" + value.text : start + " " + value.fault);
  }
  return lines;
}

TEST(YamlSource, GivesEveryValueWithItsLine) {
  const SourceContents contents = parseYaml(
      "# my site\n"
      "app:\n"
      "  handler: mysite.wsgi:application   # a comment\n"
      "  mount: \"/shop\"\n"
      "\n"
      "server: {workers: 4,\n"
      "         http: 'tcp:127.0.0.1:8000'}\n",
      "/srv/site/holdfast.yaml");
  EXPECT_THAT(problemsOf(contents), IsEmpty());
  EXPECT_TRUE(contents.complete);
  EXPECT_THAT(valuesOf(contents),
              ElementsAre("/srv/site/holdfast.yaml:3: app.handler=mysite.wsgi:application",
                          "/srv/site/holdfast.yaml:4: app.mount=/shop",
                          "/srv/site/holdfast.yaml:6: server.workers=4",
                          "/srv/site/holdfast.yaml:7: server.http=tcp:127.0.0.1:8000"));
  EXPECT_EQ(contents.values[0].kind, SourceKind::kYaml);
  EXPECT_EQ(contents.values[0].directory, "/srv/site");
}

TEST(YamlSource, MeansRelativePathsFromTheFile) {
  const SourceContents contents = parseYaml("app: {root: x}", "conf/holdfast.yaml");
  ASSERT_EQ(contents.values.size(), 1u);
  EXPECT_EQ(contents.values[0].directory, std::filesystem::current_path() / "conf");
}

TEST(YamlSource, TakesEmptyFilesAndSectionsForNoSettings) {
  for (const char* text : {"", "\n", "# nothing yet\n", "---\n", "--- # x\n...\n", "~\n", "{}\n",
                           "app:\nserver:\n  # workers: 4\n", "app: {}\n"}) {
    const SourceContents contents = parseYaml(text, "f.yaml");
    EXPECT_THAT(problemsOf(contents), IsEmpty()) << text;
    EXPECT_THAT(valuesOf(contents), IsEmpty()) << text;
    EXPECT_TRUE(contents.complete) << text;
  }
}

TEST(YamlSource, ReadsFilesOfOtherEditors) {
  for (const char* text :
       {"\xEF\xBB\xBF"
        "app:\n  handler: a.b\n",
        "app:\r\n  handler: a.b\r\n", "app:\n  handler: a.b",
        "--- # settings\napp: {handler: a.b}\n...\n", "app:\n  handler: >-\n    a.b\n"}) {
    EXPECT_THAT(valuesOf(parseYaml(text, "f.yaml")), ElementsAre("f.yaml:2: app.handler=a.b"))
        << text;
  }
}

TEST(YamlSource, GivesAFaultForAValueOfTheWrongType) {
  const SourceContents contents = parseYaml(
      "app:\n"
      "  handler:\n"
      "  mount: ~\n"
      "server:\n"
      "  workers: [4]\n"
      "  threads: {a: 1}\n",
      "f.yaml");
  EXPECT_THAT(problemsOf(contents), IsEmpty());
  EXPECT_THAT(valuesOf(contents),
              ElementsAre("f.yaml:2: app.handler is empty, but must be a single value",
                          "f.yaml:3: app.mount is empty, but must be a single value",
                          "f.yaml:5: server.workers is a list, but must be a single value",
                          "f.yaml:6: server.threads is a mapping, but must be a single value"));
}

/// A file with one problem.
struct WrongFile {
  const char* name;  ///< of the test
  std::string text;
  std::string problem;
  bool complete;  ///< whether the rest of it is known
};

void PrintTo(const WrongFile& file, std::ostream* out) { *out << file.name; }

class WrongYaml : public testing::TestWithParam<WrongFile> {};

TEST_P(WrongYaml, IsToldWithFileAndLine) {
  const SourceContents contents = parseYaml(GetParam().text, "f.yaml");
  EXPECT_THAT(problemsOf(contents), ElementsAre(GetParam().problem));
  EXPECT_EQ(contents.complete, GetParam().complete);
}

const std::string kInvalid =
    "; look at this line and those before it for a missing colon, quotation mark or bracket, or "
    "for a wrong indentation";
const std::string kShape =
    "it must consist of sections with settings, such as \"app:\" and indented below it \"handler: "
    "mysite.wsgi.application\"";

const std::string kCutOff =
    "the settings end here: remove the line \"---\", or what else makes a second YAML document of "
    "the rest";

const WrongFile kWrongFiles[] = {
    {"UnknownKey", "server:\n  queue: 1\n  worker: 4\n",
     "f.yaml:3: unknown key \"server.worker\": the nearest known one is "
     "server.workers",
     true},
    {"UnknownSection", "app:\n  handler: a.b\nsever:\n  workers: 4\n",
     "f.yaml:3: unknown key \"sever\": the nearest known one is server", true},
    {"KeyOutsideOfItsSection", "workers: 4\n",
     "f.yaml:1: unknown key \"workers\": the nearest known one is server.workers", true},
    {"KeyInTheWrongSection", "app:\n  workers: 4\n",
     "f.yaml:2: unknown key \"app.workers\": the nearest known one is "
     "server.workers",
     true},
    {"DottedKey", "\nserver.workers: 4\n",
     "f.yaml:2: server.workers must be written as \"workers: 4\" under \"server:\"", true},
    {"KeyOfTheCommandLine", "server:\n  socket_mode: 0660\n",
     "f.yaml:2: server.socket_mode cannot be set in a file: use --socket-mode 0660", true},
    {"KeyTwice", "server:\n  workers: 4\n  threads: 1\n  workers: 5\n",
     "f.yaml:4: \"server.workers\" is there twice, first in line 2: keep one of the "
     "two",
     true},
    {"SectionTwice", "server:\n  workers: 4\napp:\nserver:\n  threads: 5\n",
     "f.yaml:4: \"server\" is there twice, first in line 1: keep one of the two", true},
    {"SectionIsAValue", "app: mysite.app\n",
     "f.yaml:1: app must be a section: settings, each on a line of its own and "
     "indented below \"app:\"",
     true},
    {"SectionIsAList", "app:\n  - handler: a.b\n",
     "f.yaml:1: app must be a section: settings, each on a line of its own and "
     "indented below \"app:\"",
     true},
    {"KeyIsAList", "app:\n  ? [a]\n  : b\n", "f.yaml:2: a key is a list, but must be a word", true},
    {"MergeKey", "app:\n  <<: {handler: a}\n",
     "f.yaml:2: unknown key \"app.<<\": the nearest known one is app.env", true},
    {"SecondDocument", "app:\n  handler: a.b\n---\nserver:\n  workers: 4\n", "f.yaml:3: " + kCutOff,
     false},
    {"CommaBeforeAll", ", app:\n  handler: a.b\n", "f.yaml:1: " + kCutOff, false},
    {"CommaAtTheEnd", "{app: {handler: a.b}}\n\n, \n", "f.yaml:3: " + kCutOff, false},
    {"NotAMappingButAWord", "hello\n", "f.yaml:1: is not a mapping: " + kShape, false},
    {"NotAMappingButAList", "\n- app\n- server\n", "f.yaml:2: is not a mapping: " + kShape, false},
    {"NoSpaceAfterColon", "app:\n  handler:a.b\n  mount: /x\n",
     "f.yaml:3: is not valid YAML: illegal map value" + kInvalid, false},
    {"Tab", "app:\n\thandler: a.b\n", "f.yaml:2: is not valid YAML: illegal map value" + kInvalid,
     false},
    {"BracketNotClosed", "app: {handler: a\n",
     "f.yaml:1: is not valid YAML: end of map flow not found" + kInvalid, false},
    {"QuotationNotClosed", "app:\n  handler: \"a.b\n  mount: /x\n\n",
     "f.yaml:3: is not valid YAML: illegal EOF in scalar" + kInvalid, false},
    {"EscapeOfNothing", "app:\n  handler: \"a\\\n",
     "f.yaml:2: is not valid YAML: unknown escape character: \\x04" + kInvalid, false},
    {"UnknownAlias", "app:\n  handler: *other\n",
     "f.yaml:2: is not valid YAML: the referenced anchor is not defined" + kInvalid, false},
    {"Binary", std::string("app:\n  handler: a\0b\n", 20),
     "f.yaml:2: is not UTF-8 text: it contains the control character \\x00", false},
    {"EndOfTransmission", "app:\n  handler: a\n\x04\nserver: {}\n",
     "f.yaml:3: is not UTF-8 text: it contains the control character \\x04", false},
    {"BracketsWithoutEnd", std::string(200000, '['), "f.yaml:1: is nested too deeply: " + kShape,
     false}};

INSTANTIATE_TEST_SUITE_P(Files, WrongYaml, testing::ValuesIn(kWrongFiles),
                         [](const auto& file) { return std::string(file.param.name); });

TEST(YamlSource, TellsAllProblemsAndStillGivesTheRest) {
  const SourceContents contents = parseYaml(
      "app:\n"
      "  handler: a.b\n"
      "  rooot: /srv\n"
      "server: 4\n"
      "bedug:\n"
      "  secret: x\n",
      "f.yaml");
  EXPECT_THAT(problemsOf(contents),
              ElementsAre("f.yaml:3: unknown key \"app.rooot\": the nearest known one is app.root",
                          "f.yaml:4: server must be a section: settings, each on a line of its own "
                          "and indented below \"server:\"",
                          "f.yaml:5: unknown key \"bedug\": the nearest known one is debug"));
  EXPECT_THAT(valuesOf(contents), ElementsAre("f.yaml:2: app.handler=a.b"));
}

TEST(YamlSource, KeepsControlCharactersOutOfMessages) {
  const SourceContents contents = parseYaml("\"a\\e[2J\": 1\n", "dir\nx/f.yaml");
  EXPECT_THAT(problemsOf(contents),
              ElementsAre("dir\\x0Ax/f.yaml:1: unknown key \"a\\x1B[2J\": the nearest known one "
                          "is app"));
}

TEST(YamlSource, DoesNotUnfoldAliasesOfAliases) {
  std::ostringstream text;
  text << "a0: &a0 [x, x]\n";
  for (int i = 1; i < 100; ++i) {
    text << 'a' << i << ": &a" << i << " [*a" << i - 1 << ", *a" << i - 1 << "]\n";
  }
  EXPECT_EQ(parseYaml(text.str(), "f.yaml").problems.size(), 100u);
}

/// `source: NAME=value`.
std::vector<std::string> variablesOf(const SourceContents& contents) {
  std::vector<std::string> lines;
  for (const SourceVariable& variable : contents.variables) {
    lines.push_back(variable.source + ": " + variable.name + "=" + variable.value);
  }
  return lines;
}

TEST(YamlSource, TakesAListWhereOneIsMeant) {
  const SourceContents contents = parseYaml(
      "server:\n"
      "  trusted_hops: [unix, 10.0.0.0/8]\n"
      "app:\n"
      "  pythonpath:\n"
      "    - lib\n"
      "    - /opt/x\n",
      "f.yaml");
  EXPECT_THAT(problemsOf(contents), IsEmpty());
  EXPECT_THAT(valuesOf(contents), ElementsAre("f.yaml:2: server.trusted_hops=unix, 10.0.0.0/8",
                                              "f.yaml:4: app.pythonpath=lib;/opt/x"));
}

TEST(YamlSource, TakesAListOfNothingForAnEmptyText) {
  EXPECT_THAT(valuesOf(parseYaml("server: {trusted_hops: []}", "f.yaml")),
              ElementsAre("f.yaml:1: server.trusted_hops="));
}

TEST(YamlSource, GivesAFaultForAListOfTheWrongType) {
  EXPECT_THAT(valuesOf(parseYaml("server: {trusted_hops: {a: b}}\napp: {pythonpath: [[a]]}", "f")),
              ElementsAre("f:1: server.trusted_hops is a mapping, but must be a single value or a "
                          "list of such",
                          "f:2: app.pythonpath is a list of something else, but must be a single "
                          "value or a list of such"));
}

TEST(YamlSource, GivesTheVariablesOfTheApp) {
  const SourceContents contents = parseYaml(
      "app:\n"
      "  env:\n"
      "    DJANGO_SETTINGS_MODULE: mysite.settings\n"
      "    EMPTY: \"\"\n"
      "    NUMBER: 017\n",
      "f.yaml");
  EXPECT_THAT(problemsOf(contents), IsEmpty());
  EXPECT_THAT(valuesOf(contents), IsEmpty());
  EXPECT_THAT(variablesOf(contents), ElementsAre("f.yaml:3: DJANGO_SETTINGS_MODULE=mysite.settings",
                                                 "f.yaml:4: EMPTY=", "f.yaml:5: NUMBER=017"));
}

TEST(YamlSource, RefusesWhatIsNoVariableAndNeverShowsAValue) {
  const SourceContents contents = parseYaml(
      "app:\n"
      "  env:\n"
      "    A: [geheim]\n"
      "    B:\n"
      "    C=geheim: 1\n"
      "    \"\": geheim\n"
      "    WSGI_PTVSD_SECRET: geheim\n"
      "    D: \"\\0geheim\"\n"
      "    E: 1\n"
      "    E: geheim\n",
      "f");
  EXPECT_THAT(
      problemsOf(contents),
      ElementsAre("f:3: app.env.A is a list, but must be a single value, which may be \"\"",
                  "f:4: app.env.B is empty, but must be a single value, which may be \"\"",
                  "f:5: \"C=...\" cannot be the name of a variable: it must not be empty or "
                  "contain = or control characters",
                  "f:6: \"\" cannot be the name of a variable: it must not be empty or contain = "
                  "or control characters",
                  "f:7: app.env.WSGI_PTVSD_SECRET would show the secret to the app: set "
                  "debug.secret instead",
                  "f:8: app.env.D must not contain the character \\x00",
                  "f:10: \"app.env.E\" is there twice, first in line 9: keep one of the two"));
}

TEST(YamlSource, WantsAMappingForTheVariables) {
  EXPECT_THAT(problemsOf(parseYaml("app: {env: A=1}", "f")),
              ElementsAre("f:1: app.env must be variables: each on a line of its own, such as "
                          "\"NAME: value\", and indented below \"env:\""));
  EXPECT_THAT(problemsOf(parseYaml("app: {env: }", "f")), IsEmpty());
}

TEST(YamlSource, SaysThatAVariableOfTheAppIsNoSetting) {
  EXPECT_THAT(parseYaml("app: {env: {WSGI_WORKERS: 4}}", "f").notices,
              ElementsAre("app.env.WSGI_WORKERS (f:1) is only for the app; the setting of that "
                          "name is server.workers"));
}

TEST(YamlSource, TakesAKeyThatHasNoSection) {
  EXPECT_THAT(valuesOf(parseYaml("telemetry: key\n", "f")), ElementsAre("f:1: telemetry=key"));
  EXPECT_THAT(valuesOf(parseYaml("telemetry: {a: b}\n", "f")),
              ElementsAre("f:1: telemetry is a mapping, but must be a single value"));
}

TEST(YamlSource, ReadsAFile) {
  const TempDirectory temp;
  const std::filesystem::path file = temp.write("holdfast.yaml", "app:\n  handler: a.b\n");
  const SourceContents contents = readYaml(file);
  EXPECT_THAT(problemsOf(contents), IsEmpty());
  EXPECT_THAT(valuesOf(contents), ElementsAre(file.string() + ":2: app.handler=a.b"));
}

TEST(YamlSource, SaysWhyAFileCannotBeRead) {
  const TempDirectory temp;
  const std::string missing = (temp.path() / "no.yaml").string();
  EXPECT_THAT(problemsOf(readYaml(missing)),
              ElementsAre(missing + ": cannot be read: No such file or directory"));
  EXPECT_THAT(problemsOf(readYaml(temp.path())),
              ElementsAre(temp.path().string() + ": cannot be read: Is a directory"));
  EXPECT_THAT(problemsOf(readYaml("")),
              ElementsAre("\"\": cannot be read: No such file or directory"));
  EXPECT_FALSE(readYaml(missing).complete);
}

TEST(YamlSource, SaysWhyAFileBreaksOffWhileItIsRead) {
  // Nothing is mapped at address 0, where this file begins.
  EXPECT_THAT(problemsOf(readYaml("/proc/self/mem")),
              ElementsAre("/proc/self/mem: cannot be read: Input/output error"));
}

TEST(YamlSource, LimitsTheSizeOfAFile) {
  const TempDirectory temp;
  const std::string fill(kMaxSettingsBytes - 4, '#');
  EXPECT_THAT(problemsOf(readYaml(temp.write("fits.yaml", "{}\n" + fill + "\n"))), IsEmpty());
  const std::filesystem::path big = temp.write("big.yaml", "{}\n" + fill + "#\n");
  EXPECT_THAT(problemsOf(readYaml(big)),
              ElementsAre(big.string() + ": has more than 1048576 bytes, which is not a file of "
                                         "settings: give another one by --config"));
}

TEST(YamlSource, StopsReadingAFileWithoutEnd) {
  EXPECT_THAT(problemsOf(readYaml("/dev/zero")),
              ElementsAre("/dev/zero: has more than 1048576 bytes, which is not a file of "
                          "settings: give another one by --config"));
}

}  // namespace
}  // namespace holdfast
