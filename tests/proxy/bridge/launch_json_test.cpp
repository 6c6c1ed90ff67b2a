#include "proxy/bridge/launch_json.h"

#include <gtest/gtest.h>

#include "proxy/bridge/jsonc.h"

namespace holdfast::proxy {
namespace {

const LaunchEntry kEntry{"Holdfast: site.example", "127.0.0.1", 5678};

std::string updated(std::string_view text, const LaunchEntry& entry = kEntry) {
  std::string problem;
  const auto result = withLaunchEntry(text, entry, problem);
  if (!result) return "refused: " + problem;
  EXPECT_TRUE(parseJsonc(*result, problem)) << problem << '\n' << *result;
  // Doing it again changes nothing.
  EXPECT_EQ(withLaunchEntry(*result, entry, problem), result);
  return *result;
}

TEST(LaunchJson, IsWrittenWhereThereIsNone) {
  const std::string text = R"({
    "version": "0.2.0",
    "configurations": [
        {
            "name": "Holdfast: site.example",
            "type": "debugpy",
            "request": "attach",
            "connect": {
                "host": "127.0.0.1",
                "port": 5678
            },
            "justMyCode": true
        }
    ]
}
)";
  EXPECT_EQ(updated(""), text);
  EXPECT_EQ(updated(" \r\n"), text);
  EXPECT_EQ(updated("// VS Code\n"), "// VS Code\n" + text);
}

TEST(LaunchJson, KeepsCommentsCommasAndOtherConfigurations) {
  EXPECT_EQ(updated(R"({
  // Use IntelliSense to learn about possible attributes.
  "version": "0.2.0",
  "configurations": [
    {
      "name": "Python: Current File", // mine
      "type": "debugpy", "request": "launch",
      "program": "${file}",
    }, // the one
    /* end */
  ], "compounds": []
})"),
            R"({
  // Use IntelliSense to learn about possible attributes.
  "version": "0.2.0",
  "configurations": [
    {
      "name": "Python: Current File", // mine
      "type": "debugpy", "request": "launch",
      "program": "${file}",
    }, // the one
    {
      "name": "Holdfast: site.example",
      "type": "debugpy",
      "request": "attach",
      "connect": {
        "host": "127.0.0.1",
        "port": 5678
      },
      "justMyCode": true
    },
    /* end */
  ], "compounds": []
})");
}

TEST(LaunchJson, AddsWhatIsMissingOnTheWay) {
  EXPECT_EQ(updated("{\r\n\t\"version\": \"0.2.0\" // old\r\n}\r\n"),
            "{\r\n\t\"version\": \"0.2.0\", // old\r\n"
            "\t\"configurations\": [\r\n"
            "\t\t{\r\n"
            "\t\t\t\"name\": \"Holdfast: site.example\",\r\n"
            "\t\t\t\"type\": \"debugpy\",\r\n"
            "\t\t\t\"request\": \"attach\",\r\n"
            "\t\t\t\"connect\": {\r\n"
            "\t\t\t\t\"host\": \"127.0.0.1\",\r\n"
            "\t\t\t\t\"port\": 5678\r\n"
            "\t\t\t},\r\n"
            "\t\t\t\"justMyCode\": true\r\n"
            "\t\t}\r\n"
            "\t]\r\n"
            "}\r\n");
}

TEST(LaunchJson, PutsAnOldEntryRightAndKeepsTheRestOfIt) {
  EXPECT_EQ(updated(R"({
  "configurations": [
    {
      "type": "python", /* once */
      "name": "Holdfast: site.example",
      "request": "attach",
      "connect": {"port": 5679, "host": "127.0.0.1"},
      "justMyCode": false // I want all
    }
  ]
})"),
            R"({
  "configurations": [
    {
      "type": "debugpy", /* once */
      "name": "Holdfast: site.example",
      "request": "attach",
      "connect": {"port": 5678, "host": "127.0.0.1"},
      "justMyCode": false // I want all
    }
  ]
})");
}

TEST(LaunchJson, CompletesAnOldEntry) {
  const std::string text =
      updated("{\"configurations\": [{\"name\": \"Holdfast: site.example\"}]}");
  EXPECT_NE(text.find("\"type\": \"debugpy\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"port\": 5678"), std::string::npos) << text;
}

TEST(LaunchJson, StaysByteForByteWhereAllIsRight) {
  std::string problem;
  const std::string text = *withLaunchEntry("", kEntry, problem);
  EXPECT_EQ(updated(text), text);
  EXPECT_EQ(updated(text, {"Holdfast: site.example", "127.0.0.1", 5678}), text);
  EXPECT_NE(updated(text, {"Holdfast: site.example", "127.0.0.1", 5679}), text);
}

/// Layouts that people and programs write: the result must always be JSON that has both.
TEST(LaunchJson, CopesWithEveryLayout) {
  for (const char* text :
       {"{}", "{\n}", "{ // x\n}", "{\"configurations\":[]}", "{\"configurations\":[\n]}",
        "{\n\"configurations\":[ /* none */ ]\n}", "{\n\"configurations\":[ // none\n]\n}",
        "{\n  \"configurations\": [{\n    \"name\": \"a\"\n  }]\n}",
        "{\"configurations\":[{\"name\":\"a\"},]}",
        "{\"configurations\":[{\"name\":\"a\"}\n,\n]\n}",
        "{\"configurations\":[{\"name\":\"a\"} /* one\n two */ ]}",
        "{\"configurations\":[{\"name\":\"a\"}, /* one\n two */ // three\n ]}",
        "{\"configurations\":[{\"name\":\"a\"} // , no comma\n ]}",
        "{\"configurations\":[{\"name\":\"a\"} /*/ one\n two */ ]}",
        "{\"configurations\":[{\"name\":\"a\"}, /*/ one */\n ]}",
        "{\"configurations\":[{\"name\":\"a\"} /**/ /***/ /*/*/\n ]}",
        "\xEF\xBB\xBF{\"configurations\":[{\"name\":\"a\"}]}",
        "{\"configurations\":[1, null, {\"name\": 1}]}"}) {
    const std::string result = updated(text);
    std::string problem;
    const auto root = parseJsonc(result, problem);
    ASSERT_TRUE(root) << text << ": " << result;
    const JsonValue* const list = root->find("configurations");
    ASSERT_TRUE(list != nullptr && list->isArray()) << text << ": " << result;
    EXPECT_EQ(jsonString(result, list->elements.back(), "name"), kEntry.name) << result;
  }
}

TEST(LaunchJson, IsLeftAloneWhereItCannotBeChanged) {
  EXPECT_EQ(updated("[]"), "refused: it is no JSON object");
  EXPECT_EQ(updated("{\"configurations\": {}}"), "refused: its \"configurations\" is no list");
  EXPECT_EQ(updated("{\n\"configurations\": [}"), "refused: line 2: a value is expected");
}

}  // namespace
}  // namespace holdfast::proxy
