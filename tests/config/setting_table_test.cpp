#include "config/setting_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/config/fake_environment.h"

namespace holdfast {
namespace {

TEST(SettingTable, NamesEachSettingOnceInEverySource) {
  std::set<std::string> keys, variables, options;
  for (const Setting& setting : settingTable()) {
    EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
    if (setting.environment) {
      EXPECT_TRUE(variables.insert(setting.environment).second) << setting.environment;
    }
    if (setting.old_environment) {
      EXPECT_TRUE(variables.insert(setting.old_environment).second) << setting.old_environment;
    }
    if (setting.option) {
      EXPECT_TRUE(options.insert(setting.option).second) << setting.option;
    }
  }
}

TEST(SettingTable, CanSetEachSettingSomewhere) {
  for (const Setting& setting : settingTable()) {
    EXPECT_TRUE(setting.environment || setting.option || setting.in_yaml) << setting.key;
  }
}

TEST(SettingTable, ExplainsEachSettingInOneLineWithItsDefault) {
  for (const Setting& setting : settingTable()) {
    const std::string meaning = setting.meaning;
    EXPECT_EQ(meaning.find('\n'), std::string::npos) << meaning;
    EXPECT_TRUE(meaning.find("default: ") != std::string::npos ||
                meaning.find("required") != std::string::npos)
        << meaning;
  }
}

TEST(SettingTable, GivesExamplesThatWouldBeTaken) {
  const SettingContext context{SiteKind::kServe, FakeEnvironment::get, "/"};
  for (const Setting& setting : settingTable()) {
    const std::string key = setting.key;
    // The first need not be on this machine, the last is a mapping.
    if (key == "app.root" || key == "app.python" || key == "app.virtualenv_activate" ||
        key == "server.channel_certificate" || key == "server.channel_key" || key == "app.env") {
      continue;
    }
    Settings settings;
    EXPECT_EQ(setting.parse(setting.example, context, settings), std::nullopt) << key;
    EXPECT_EQ(setting.print(settings), setting.secret ? "(set)" : setting.example) << key;
  }
}

TEST(SettingTable, FindsByKey) {
  ASSERT_NE(findSetting("server.workers"), nullptr);
  EXPECT_STREQ(findSetting("server.workers")->environment, "WSGI_WORKERS");
  EXPECT_EQ(findSetting("server"), nullptr);
  EXPECT_EQ(findSetting("workers"), nullptr);
  EXPECT_EQ(findSetting(""), nullptr);
}

TEST(SettingTable, SpellsASettingAsUsersOfTheSourceDo) {
  const Setting& workers = *findSetting("server.workers");
  EXPECT_EQ(spelling(workers, SourceKind::kCommandLine), "--workers");
  EXPECT_EQ(spelling(workers, SourceKind::kEnvironment), "WSGI_WORKERS");
  EXPECT_EQ(spelling(workers, SourceKind::kYaml), "server.workers");
  EXPECT_EQ(assignment(workers, SourceKind::kCommandLine, "2"), "--workers 2");
  EXPECT_EQ(assignment(workers, SourceKind::kEnvironment, "2"), "WSGI_WORKERS=2");
  EXPECT_EQ(assignment(workers, SourceKind::kYaml, "2"), "\"workers: 2\" under \"server:\"");
  EXPECT_EQ(spelling(workers, SourceKind::kWebConfig), "WSGI_WORKERS");
  EXPECT_EQ(assignment(workers, SourceKind::kWebConfig, "2"),
            "<add key=\"WSGI_WORKERS\" value=\"2\"/>");
}

TEST(SettingTable, SpellsASettingWithoutSection) {
  const Setting& telemetry = *findSetting("telemetry");
  EXPECT_EQ(assignment(telemetry, SourceKind::kYaml, "x"), "\"telemetry: x\"");
}

TEST(SettingTable, FindsByVariableInAnyCase) {
  EXPECT_EQ(findSettingOfVariable("wsgi_Workers"), findSetting("server.workers"));
  EXPECT_EQ(findSettingOfVariable("APPL_PHYSICAL_PATH"), findSetting("app.root"));
  EXPECT_EQ(findSettingOfVariable("AllowPathInfoForScriptMappings"),
            findSetting("app.script_name_from_server"));
  EXPECT_EQ(findSettingOfVariable("HOME"), nullptr);
  EXPECT_EQ(findSettingOfVariable(""), nullptr);
}

TEST(SettingTable, HidesTheSecretOfTheDebuggerFromTheApp) {
  EXPECT_TRUE(isHiddenFromApp("WSGI_PTVSD_SECRET"));
  EXPECT_TRUE(isHiddenFromApp("wsgi_ptvsd_secret"));
  EXPECT_FALSE(isHiddenFromApp("APPINSIGHTS_INSTRUMENTATIONKEY"));
}

TEST(SettingTable, FallsBackToTheKeyWhereASourceHasNoNameForIt) {
  const Setting& queue = *findSetting("server.queue");
  EXPECT_EQ(spelling(queue, SourceKind::kCommandLine), "server.queue");
}

}  // namespace
}  // namespace holdfast
