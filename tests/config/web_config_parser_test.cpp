#include "config/web_config_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> stepsOf(const WebConfigText& parsed) {
  static constexpr const char* kNames[] = {"add", "remove", "clear", "file", "configSource"};
  std::vector<std::string> lines;
  for (const WebConfigStep& step : parsed.steps) {
    lines.push_back(std::to_string(step.line) + ": " + kNames[step.kind] + ' ' + step.key + '=' +
                    step.value);
  }
  return lines;
}

std::vector<std::string> faultsOf(const WebConfigText& parsed) {
  std::vector<std::string> lines;
  for (const WebConfigFault& fault : parsed.faults) {
    lines.push_back(std::to_string(fault.line) + ": " + fault.text);
  }
  return lines;
}

std::string inside(const std::string& elements) {
  return "<configuration>\n<appSettings>\n" + elements + "\n</appSettings>\n</configuration>\n";
}

WebConfigText parse(const std::string& text) {
  return parseWebConfig(text, WebConfigRoot::kConfiguration);
}

TEST(WebConfigParser, GivesTheElementsOfAppSettingsInTheirOrder) {
  const WebConfigText parsed =
      parse(inside("<add key=\"A\" value=\"1 &amp; 2\"/>\n"
                   "<clear/> <!-- <add key=\"no\"/> -->\n"
                   "<remove\n key='B' />\n"
                   "<add value=\"\" lockItem=\"true\" key=\"C:d\"></add>"));
  EXPECT_THAT(faultsOf(parsed), IsEmpty());
  EXPECT_TRUE(parsed.complete);
  EXPECT_THAT(stepsOf(parsed),
              ElementsAre("3: add A=1 & 2", "4: clear =", "5: remove B=", "7: add C:d="));
}

TEST(WebConfigParser, PassesOverWhatElseIsThere) {
  const WebConfigText parsed = parse(
      "<?xml version=\"1.0\"?>\n"
      "<?something else?>\n"
      "<configuration xmlns=\"http://schemas.microsoft.com/.NetConfiguration/v2.0\">\n"
      "  <system.webServer><handlers><add name=\"x\"/><clear/></handlers>\n"
      "    <appSettings><add key=\"wrong\" value=\"place\"/></appSettings>\n"
      "  </system.webServer>\n"
      "  <location path=\"admin\"><appSettings><add key=\"other\" value=\"folder\"/>\n"
      "  </appSettings></location>\n"
      "  text\n"
      "</configuration>");
  EXPECT_THAT(faultsOf(parsed), IsEmpty());
  EXPECT_THAT(stepsOf(parsed), IsEmpty());
}

TEST(WebConfigParser, TakesAppSettingsOfTheWholeSiteInALocation) {
  for (const char* location : {"<location>", "<location path=\"\">",
                               "<location path='.' inheritInChildApplications=\"false\">"}) {
    const WebConfigText parsed =
        parse("<configuration>" + std::string(location) +
              "<appSettings><add key=\"A\" value=\"1\"/></appSettings></location>"
              "<appSettings><add key=\"A\" value=\"2\"/></appSettings></configuration>");
    EXPECT_THAT(stepsOf(parsed), ElementsAre("1: add A=1", "1: add A=2")) << location;
  }
}

TEST(WebConfigParser, LeadsToOtherFilesAfterTheElements) {
  const WebConfigText parsed = parse(
      "<configuration>\n<appSettings file=\"more.config\">\n"
      "<add key=\"A\" value=\"1\"/></appSettings></configuration>");
  EXPECT_THAT(stepsOf(parsed), ElementsAre("3: add A=1", "2: file =more.config"));
  EXPECT_THAT(stepsOf(parse("<configuration><appSettings configSource='a\\b.config'> "
                            "</appSettings></configuration>")),
              ElementsAre("1: configSource =a\\b.config"));
}

TEST(WebConfigParser, ReadsAFileThatAnotherOneLedTo) {
  const WebConfigText parsed = parseWebConfig(
      "<appSettings><add key=\"A\" value=\"1\"/></appSettings>", WebConfigRoot::kAppSettings);
  EXPECT_THAT(faultsOf(parsed), IsEmpty());
  EXPECT_THAT(stepsOf(parsed), ElementsAre("1: add A=1"));
  EXPECT_THAT(faultsOf(parseWebConfig("<configuration/>", WebConfigRoot::kAppSettings)),
              ElementsAre("1: its root element is \"configuration\", but must be appSettings"));
  EXPECT_THAT(
      faultsOf(parseWebConfig("<appSettings file=\"x\"/>", WebConfigRoot::kAppSettings)),
      ElementsAre("1: a file that web.config leads to cannot lead to another one: remove the "
                  "attributes of appSettings"));
}

/// The same document in several encodings; the value is a small o with diaeresis.
TEST(WebConfigParser, ReadsEveryEncoding) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"";
  const std::string start = "\"?><configuration><appSettings><add key=\"A\" value=\"";
  const std::string end = "\"/></appSettings></configuration>";
  std::vector<std::string> texts = {
      "\xEF\xBB\xBF" + head + "utf-8" + start + "\xC3\xB6" + end,
      head + "UTF-8" + start + "\xC3\xB6" + end,
      head + "us-ascii" + start + "&#246;" + end,
      head + "iso-8859-1" + start + "\xF6" + end,
      head + "windows-1252" + start + "\xF6" + end,
  };
  for (const bool little : {true, false}) {
    std::string wide = little ? "\xFF\xFE" : "\xFE\xFF";
    for (const char c : head + "utf-16" + start + '\xF6' + end) {
      wide += little ? std::string{c, '\0'} : std::string{'\0', c};
    }
    texts.push_back(wide);
  }
  for (const std::string& text : texts) {
    const WebConfigText parsed = parse(text);
    EXPECT_THAT(faultsOf(parsed), IsEmpty()) << text;
    EXPECT_THAT(stepsOf(parsed), ElementsAre("1: add A=\xC3\xB6")) << text;
  }
}

/// A file with one fault.
struct WrongFile {
  const char* name;  ///< of the test
  std::string text;
  std::string fault;
  bool complete;  ///< whether the rest of it is known
};

void PrintTo(const WrongFile& file, std::ostream* out) { *out << file.name; }

class WrongWebConfig : public testing::TestWithParam<WrongFile> {};

TEST_P(WrongWebConfig, IsToldWithItsLine) {
  const WebConfigText parsed = parse(GetParam().text);
  EXPECT_THAT(faultsOf(parsed), ElementsAre(GetParam().fault));
  EXPECT_EQ(parsed.complete, GetParam().complete);
}

const std::string kInvalid =
    "; look at this line and those before it for a tag or quotation mark that is not closed, or "
    "for < or & that must be written as &lt; or &amp;";
const std::string kEncrypted =
    ", and only .NET on its own machine can read it: decrypt it with aspnet_regiis -pdf "
    "appSettings FOLDER, or set what it has in the environment";

const WrongFile kWrongFiles[] = {
    {"Empty", "", "1: is not valid XML: No element found" + kInvalid, false},
    {"TagNotClosed", "<configuration>\n<appSettings>\n</configuration>",
     "3: is not valid XML: Tag mismatch" + kInvalid, false},
    {"LonelyAmpersand", inside("<add key=\"A\" value=\"a & b\"/>"),
     "3: is not valid XML: Invalid token" + kInvalid, false},
    {"UnknownEntity", inside("<add key=\"A\" value=\"&geheim;\"/>"),
     "3: is not valid XML: Undefined entity" + kInvalid, false},
    {"TextAfterTheEnd", "<configuration/>\nmore",
     "2: is not valid XML: Junk after document element" + kInvalid, false},
    {"AttributeTwice", inside("<add key=\"A\" key=\"B\" value=\"\"/>"),
     "3: is not valid XML: Duplicate attribute" + kInvalid, false},
    {"UnknownEncoding", "<?xml version=\"1.0\" encoding=\"klingon\"?><configuration/>",
     "1: is not valid XML: Unknown encoding" + kInvalid, false},
    {"NotUtf8", inside("<add key=\"A\" value=\"\xF6\"/>"),
     "3: is not valid XML: Invalid token" + kInvalid, false},
    {"Binary", std::string("<configuration>\0</configuration>", 32),
     "1: is not valid XML: Invalid token" + kInvalid, false},
    {"Doctype", "<?xml version=\"1.0\"?>\n<!DOCTYPE configuration>\n<configuration/>",
     "2: has a DOCTYPE, which no file of settings needs: remove it", false},
    {"EntityOfAFile",
     "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>\n" +
         inside("<add key=\"A\" value=\"1\"/>&a;"),
     "1: has a DOCTYPE, which no file of settings needs: remove it", false},
    {"OtherRoot", "<appSettings/>",
     "1: its root element is \"appSettings\", but must be configuration", false},
    {"TooDeep",
     [] {
       std::string text = "<configuration>";
       for (int i = 0; i < 100; ++i) text += "<a>";
       for (int i = 0; i < 100; ++i) text += "</a>";
       return text + "</configuration>";
     }(),
     "1: is nested too deeply", false},
    {"OtherCase", "<configuration>\n<appsettings/></configuration>",
     "2: \"appsettings\" must be written appSettings", true},
    {"Encrypted",
     "<configuration>\n<appSettings configProtectionProvider=\"Dpapi\">\n<EncryptedData>geheim"
     "</EncryptedData></appSettings></configuration>",
     "2: appSettings is encrypted (configProtectionProvider)" + kEncrypted, false},
    {"EncryptedWithoutProvider", inside("<EncryptedData/>"),
     "3: appSettings is encrypted" + kEncrypted, false},
    {"UnknownElement", inside("<ad key=\"A\" value=\"geheim\"/>"),
     "3: appSettings cannot have the element \"ad\": only add, remove and clear", true},
    {"ElementInAnElement", inside("<add key=\"A\" value=\"\"><b><c/></b></add>"),
     "3: an element of appSettings must be empty, but has \"b\" in it", true},
    {"Text", inside("geheim"),
     "3: appSettings has text outside of its elements: write <add key=\"NAME\" "
     "value=\"VALUE\"/>",
     true},
    {"NoKey", inside("<add value=\"geheim\"/>"),
     "3: <add> has no key: write <add key=\"NAME\" value=\"VALUE\"/>", true},
    {"NoValue", inside("<add key=\"A\"/>"),
     "3: <add key=\"A\"> has no value: write <add key=\"A\" value=\"VALUE\"/>", true},
    {"EmptyKey", inside("<add key=\"\" value=\"geheim\"/>"),
     "3: the key \"\" cannot become an environment variable: it must not be empty or contain =",
     true},
    {"KeyWithValue", inside("<add key=\"A=geheim\" value=\"\"/>"),
     "3: the key \"A=...\" cannot become an environment variable: it must not be empty or "
     "contain =",
     true},
    {"RemoveNothing", inside("<remove/>"), "3: <remove> has no key: write <remove key=\"NAME\"/>",
     true},
    {"FileAndSource", "<configuration><appSettings file=\"a\" configSource=\"b\"/></configuration>",
     "1: appSettings can have either file or configSource: remove one of the two", true},
    {"SourceAndElements",
     "<configuration><appSettings configSource=\"b\">\n<add key=\"A\" value=\"geheim\"/>"
     "</appSettings></configuration>",
     "2: appSettings has a configSource, so it must be empty otherwise: move this into \"b\"",
     true},
};

INSTANTIATE_TEST_SUITE_P(Files, WrongWebConfig, testing::ValuesIn(kWrongFiles),
                         [](const auto& file) { return std::string(file.param.name); });

TEST(WebConfigParser, SurvivesEntitiesOfEntities) {
  std::string text = "<!DOCTYPE x [<!ENTITY a0 \"aaaaaaaaaa\">";
  for (int i = 1; i < 50; ++i) {
    const std::string inner = "&a" + std::to_string(i - 1) + ";";
    text += "<!ENTITY a" + std::to_string(i) + " \"" + inner + inner + inner + "\">";
  }
  EXPECT_THAT(faultsOf(parse(text + "]><configuration>&a49;</configuration>")),
              ElementsAre("1: has a DOCTYPE, which no file of settings needs: remove it"));
}

TEST(WebConfigParser, KeepsWhatCameBeforeTheFault) {
  const WebConfigText parsed = parse("<configuration><appSettings><add key=\"A\" value=\"1\"/><");
  EXPECT_THAT(stepsOf(parsed), ElementsAre("1: add A=1"));
  EXPECT_FALSE(parsed.complete);
}

}  // namespace
}  // namespace holdfast
