#include "proxy/bridge/client_messages.h"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace holdfast::proxy {
namespace {

using Poco::JSON::Object;

const PathMapping kRoots{"/home/me/site", "/srv/app"};

/// Messages that a real client has sent.
std::vector<std::string> recordedMessages(const std::string& name) {
  std::ifstream file(HOLDFAST_TESTS_FOLDER "/proxy/recordings/" + name);
  EXPECT_TRUE(file.is_open()) << name;
  std::vector<std::string> messages;
  for (std::string line; std::getline(file, line);) {
    Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));
    const auto entry = parser.parse(line).extract<Object::Ptr>();
    if (entry->optValue<std::string>("from", "") != "client") continue;
    std::ostringstream text;
    entry->getObject("message")->stringify(text);
    messages.push_back(text.str());
  }
  EXPECT_GT(messages.size(), 5U) << name;
  return messages;
}

std::string attach(const std::string& arguments) {
  return R"({"seq":2,"type":"request","command":"attach","arguments":)" + arguments + '}';
}

std::string changed(const std::string& arguments, const PathMapping& roots = kRoots) {
  const std::string before = attach(arguments);
  const std::string after = ClientMessages(roots).read(before).value_or(before);
  std::string problem;
  EXPECT_TRUE(parseJsonc(after, problem)) << problem;
  const std::size_t begin = before.find(arguments);
  return after.substr(begin, after.size() - begin - 1);
}

std::string breakpointsIn(const std::string& path) {
  return R"({"seq":3,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":)" +
         quotedJson(path) + R"(},"breakpoints":[{"line":1}]}})";
}

TEST(ClientMessages, GiveAttachTheMappingThatItLacks) {
  const std::string mapping = R"([{"localRoot": "/home/me/site", "remoteRoot": "/srv/app"}])";
  EXPECT_EQ(changed(R"({"a":1})"), R"({"a":1, "pathMappings": )" + mapping + '}');
  EXPECT_EQ(changed("{}"), "{\"pathMappings\": " + mapping + '}');
  EXPECT_EQ(changed(R"({"pathMappings":[],"a":1})"),
            R"({"pathMappings":)" + mapping + R"(,"a":1})");
  EXPECT_EQ(changed(R"({"pathMappings":null})"), R"({"pathMappings":)" + mapping + '}');
}

/// Which VS Code's Python extension adds by itself.
TEST(ClientMessages, TakeAMappingToItselfForNone) {
  EXPECT_EQ(changed(R"({"pathMappings":[{"localRoot":"/home/me","remoteRoot":"/home/me/"}]})"),
            R"({"pathMappings":[{"localRoot": "/home/me/site", "remoteRoot": "/srv/app"}]})");
}

TEST(ClientMessages, LeaveAMappingOfTheClientsAlone) {
  for (const char* arguments : {R"({"pathMappings":[{"localRoot":"/x","remoteRoot":"/y"}]})",
                                R"({"pathMappings":[{"localRoot":"${workspaceFolder}",)"
                                R"("remoteRoot":"."}]})"}) {
    EXPECT_EQ(changed(arguments), arguments);
  }
}

/// Otherwise it would have the one of the session before.
TEST(ClientMessages, GiveAttachAMappingOfNothingWhereTheFoldersAreTheSame) {
  const PathMapping same{"/srv/app/", "/srv/app"};
  const std::string mapping = R"("pathMappings": [{"localRoot": "/", "remoteRoot": "/"}])";
  EXPECT_EQ(changed("{}", same), '{' + mapping + '}');
  EXPECT_EQ(changed(R"({"pathMappings": []})", same), '{' + mapping + '}');
  const std::string own = R"({"pathMappings":[{"localRoot":"/x","remoteRoot":"/x"}]})";
  EXPECT_EQ(changed(own, same), own);
}

TEST(ClientMessages, ChangeNothingWhereTheFoldersAreUnknownOrOfWindows) {
  EXPECT_EQ(changed("{}", {"C:\\site", "c:/site"}), "{}");
  EXPECT_EQ(changed("{}", {"/home/me/site", ""}), "{}");
}

TEST(ClientMessages, MapWindowsToPosixAndSaySo) {
  const PathMapping roots{"C:\\src\\site", "/srv/app"};
  const std::string mapping = R"([{"localRoot": "C:\\src\\site", "remoteRoot": "/srv/app"}])";
  EXPECT_EQ(changed("{}", roots), "{\"pathMappings\": " + mapping + ", \"clientOS\": \"windows\"}");
  EXPECT_EQ(changed(R"({"debugOptions":["WindowsClient"]})", roots),
            R"({"debugOptions":["WindowsClient"], "pathMappings": )" + mapping + '}');
  EXPECT_EQ(changed(R"({"pathMappings":[],"clientOS":"unix"})", roots),
            R"({"pathMappings":)" + mapping + R"(,"clientOS":"unix"})");
}

TEST(ClientMessages, CompleteAnAttachWithoutArguments) {
  EXPECT_EQ(ClientMessages(kRoots).read(R"({"seq":2,"type":"request","command":"attach"})"),
            R"({"seq":2,"type":"request","command":"attach", "arguments": {"pathMappings": )"
            R"([{"localRoot": "/home/me/site", "remoteRoot": "/srv/app"}]}})");
}

TEST(ClientMessages, ChangeNothingElse) {
  ClientMessages messages(kRoots);
  for (const char* content :
       {"", "{", "[]", "{}", R"({"type":"response","command":"attach","arguments":{}})",
        R"({"seq":1,"type":"request","command":"launch","arguments":{}})",
        R"({"seq":1,"type":"request","command":"attach","arguments":[]})",
        R"({"seq":1,"type":"request","command":"evaluate","arguments":{"expression":"attach"}})"}) {
    EXPECT_EQ(messages.read(content), std::nullopt) << content;
  }
  const std::string huge = attach('"' + std::string(ClientMessages::kMaxRead, 'x') + '"');
  EXPECT_EQ(messages.read(huge), std::nullopt);
}

TEST(ClientMessages, KnowTheClient) {
  ClientMessages messages(kRoots);
  const auto initialize = [&](const std::string& arguments) {
    messages.read(R"({"type":"request","command":"initialize","arguments":)" + arguments + '}');
    return messages.name();
  };
  EXPECT_EQ(messages.name(), "");
  EXPECT_EQ(initialize(R"({"clientID":"vscode","clientName":"Visual Studio Code"})"), "VS Code");
  EXPECT_EQ(initialize(R"({"clientID":"x\u001b[2J"})"), "x\\x1B[2J");
  EXPECT_EQ(initialize(R"({"clientName":")" + std::string(100, 'x') + "\"}"),
            std::string(60, 'x') + "...");
}

TEST(ClientMessages, KnowThatTheClientLeaves) {
  ClientMessages messages(kRoots);
  messages.read(attach("{}"));
  EXPECT_FALSE(messages.isLeaving());
  messages.read(R"({"seq":9,"type":"request","command":"disconnect"})");
  EXPECT_TRUE(messages.isLeaving());
}

TEST(ClientMessages, TellWhichFilesHaveBreakpoints) {
  ClientMessages messages(kRoots);
  messages.read(attach("{}"));
  messages.read(breakpointsIn("/home/me/site/a/views.py"));
  const auto files = messages.takeFiles();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].local, "/home/me/site/a/views.py");
  EXPECT_EQ(files[0].deployed, "a/views.py");
  EXPECT_TRUE(messages.takeFiles().empty());

  messages.read(breakpointsIn("/usr/lib/python3/json/__init__.py"));
  messages.read(R"({"type":"request","command":"setBreakpoints","arguments":{"source":{"path":)"
                R"("/home/me/site/a.py"},"breakpoints":[]}})");
  EXPECT_TRUE(messages.takeFiles().empty());
}

std::string strayIn(ClientMessages& messages, const std::string& path) {
  messages.read(breakpointsIn(path));
  return messages.takeStray();
}

TEST(ClientMessages, TellWhichFileCanBeNoneOfTheSites) {
  ClientMessages messages(kRoots);
  EXPECT_EQ(strayIn(messages, "/home/me/other/a.py"), "");
  messages.read(attach("{}"));
  EXPECT_EQ(strayIn(messages, "/home/me/other/a.py"), "/home/me/other/a.py");
  // Once for each folder.
  EXPECT_EQ(strayIn(messages, "/home/me/other/b.py"), "");
  EXPECT_EQ(strayIn(messages, "/home/me/other/c/b.py"), "/home/me/other/c/b.py");
  for (const char* path : {"/home/me/site/d/a.py", "/srv/app/e/a.py", "<stdin>", "",
                           "/usr/lib/python3.11/json/decoder.py", "C:\\Python311\\Lib\\json\\a.py",
                           "/home/me/venv/lib64/site-packages/flask/app.py"}) {
    EXPECT_EQ(strayIn(messages, path), "") << path;
  }
  int told = 2;
  for (int i = 0; i < 1000; ++i) {
    if (!strayIn(messages, "/f" + std::to_string(i) + "/a.py").empty()) ++told;
  }
  EXPECT_EQ(told, 20);
}

TEST(ClientMessages, TellNothingOfFilesThatTheClientMapsItself) {
  ClientMessages own(kRoots);
  own.read(attach(R"({"pathMappings":[{"localRoot":"/w","remoteRoot":"/srv/app"}]})"));
  EXPECT_EQ(strayIn(own, "/home/me/other/a.py"), "");
  ClientMessages unknown({"/home/me/site", ""});
  unknown.read(attach("{}"));
  EXPECT_EQ(strayIn(unknown, "/home/me/other/a.py"), "");
  // To itself, as VS Code does, is none.
  ClientMessages itself(kRoots);
  itself.read(attach(R"({"pathMappings":[{"localRoot":"/w","remoteRoot":"/w"}]})"));
  EXPECT_EQ(strayIn(itself, "/w/a.py"), "/w/a.py");
}

TEST(ClientMessages, FollowTheClientsOwnMapping) {
  ClientMessages messages({"/home/me/site", "/srv/app"});
  messages.read(attach(R"({"pathMappings":[{"localRoot":"/w","remoteRoot":"/srv"}]})"));
  messages.read(breakpointsIn("/w/app/a.py"));
  ASSERT_EQ(messages.takeFiles().size(), 1U);
  messages.read(breakpointsIn("/home/me/site/a.py"));
  EXPECT_TRUE(messages.takeFiles().empty());
}

TEST(ClientMessages, OfVisualStudioGetTheMapping) {
  ClientMessages messages({"C:\\Users\\me\\site", "/srv/app"});
  int changes = 0;
  for (const std::string& content :
       recordedMessages("dap-client-like-visual-studio-debugpy.jsonl")) {
    const auto other = messages.read(content);
    if (!other) continue;
    ++changes;
    std::string problem;
    const auto message = parseJsonc(*other, problem);
    ASSERT_TRUE(message) << problem;
    EXPECT_EQ(jsonString(*other, *message, "command"), "attach");
    const JsonValue* const arguments = message->find("arguments");
    ASSERT_NE(arguments, nullptr);
    EXPECT_NE(arguments->find("rules"), nullptr);
    EXPECT_EQ(jsonString(*other, arguments->find("pathMappings")->elements.at(0), "remoteRoot"),
              "/srv/app");
  }
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(messages.name(), "Visual Studio");
}

TEST(ClientMessages, OfVisualStudioCodeGetTheMapping) {
  ClientMessages messages(kRoots);
  int changes = 0;
  for (const std::string& content : recordedMessages("dap-client-vscode.jsonl")) {
    if (messages.read(content)) ++changes;
  }
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(messages.name(), "code-server");
}

}  // namespace
}  // namespace holdfast::proxy
