#include "config/setting_values.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

std::string said(const Objection& objection) { return objection.value_or(""); }

TEST(ParseCount, TakesWholeNumbersWithinTheLimits) {
  for (const auto& [text, number] :
       {std::pair{"1", 1u}, {"512", 512u}, {"4", 4u}, {"007", 7u}, {"0000000000000000008", 8u}}) {
    unsigned value = 99;
    EXPECT_EQ(said(parseCount(text, 1, 512, value)), "") << text;
    EXPECT_EQ(value, number) << text;
  }
}

TEST(ParseCount, RefusesEverythingElse) {
  for (const char* text : {"", "0", "513", "-1", "+4", " 4", "4 ", "4.0", "0x10", "1e2", "four",
                           "4294967297", "99999999999999999999"}) {
    unsigned value = 99;
    EXPECT_EQ(said(parseCount(text, 1, 512, value)), "must be a whole number from 1 to 512")
        << text;
    EXPECT_EQ(value, 99u) << text;
  }
}

TEST(ParseSwitch, TakesTheWordsOfYaml) {
  for (const char* text : {"true", "True", "TRUE", "yes", "on", "1"}) {
    bool value = false;
    EXPECT_EQ(said(parseSwitch(text, value)), "") << text;
    EXPECT_TRUE(value) << text;
  }
  for (const char* text : {"false", "False", "no", "off", "OFF", "0"}) {
    bool value = true;
    EXPECT_EQ(said(parseSwitch(text, value)), "") << text;
    EXPECT_FALSE(value) << text;
  }
}

TEST(ParseSwitch, RefusesEverythingElse) {
  for (const char* text : {"", "2", "00", "truer", "t", " true"}) {
    bool value = true;
    EXPECT_EQ(said(parseSwitch(text, value)), "must be true or false") << text;
    EXPECT_TRUE(value) << text;
  }
}

TEST(ParseFileMode, ReadsOctalDigits) {
  for (const auto& [text, mode] :
       {std::pair{"0660", 0660u}, {"660", 0660u}, {"0", 0u}, {"0777", 0777u}}) {
    unsigned value = 01;
    EXPECT_EQ(said(parseFileMode(text, value)), "") << text;
    EXPECT_EQ(value, mode) << text;
  }
}

TEST(ParseFileMode, RefusesWhatIsNotOctalOrMoreThanPermissions) {
  for (const char* text : {"", "0680", "01777", "rw-rw----", "0o660", "-1", "777777777777777"}) {
    unsigned value = 01;
    EXPECT_EQ(said(parseFileMode(text, value)), "must be an octal number from 0000 to 0777")
        << text;
    EXPECT_EQ(value, 01u) << text;
  }
}

TEST(ParseOwner, TakesUserAndGroup) {
  for (const char* text : {"www-data", "www-data:www-data", "33:33", "DOMAIN\\web", "a@b:c"}) {
    std::string value;
    EXPECT_EQ(said(parseOwner(text, value)), "") << text;
    EXPECT_EQ(value, text);
  }
}

TEST(ParseOwner, RefusesOtherShapes) {
  for (const char* text : {"", ":", ":www-data", "www-data:", "a:b:c", "a b", "a/b", " a"}) {
    std::string value = "before";
    EXPECT_EQ(said(parseOwner(text, value)), "must be USER or USER:GROUP") << text;
    EXPECT_EQ(value, "before") << text;
  }
}

TEST(ParseHandler, LeavesTheMeaningToTheWorker) {
  for (const char* text : {"app", "pkg.mod.attr", "pkg.mod.attr().b()", "pkg.mod:factory()"}) {
    std::string value;
    EXPECT_EQ(said(parseHandler(text, value)), "") << text;
    EXPECT_EQ(value, text);
  }
}

TEST(ParseHandler, RefusesWhatNoHandlerContains) {
  std::string value = "before";
  EXPECT_EQ(said(parseHandler("", value)), "must name the WSGI app");
  EXPECT_EQ(said(parseHandler("mysite.app ", value)), "must not contain blanks");
  EXPECT_EQ(value, "before");
}

TEST(NormaliseMount, GivesOneSlashInFrontAndNoneAtTheEnd) {
  EXPECT_EQ(normaliseMount(""), "");
  EXPECT_EQ(normaliseMount("/"), "");
  EXPECT_EQ(normaliseMount("///"), "");
  EXPECT_EQ(normaliseMount("shop"), "/shop");
  EXPECT_EQ(normaliseMount("/shop"), "/shop");
  EXPECT_EQ(normaliseMount("/shop/"), "/shop");
  EXPECT_EQ(normaliseMount("//shop//"), "/shop");
  EXPECT_EQ(normaliseMount("a/b/"), "/a/b");
}

class ParseDirectory : public testing::Test {
 protected:
  std::string parse(const std::string& text) {
    return said(parseDirectory(text, temp_.path(), value_));
  }

  TempDirectory temp_;
  fs::path value_;
};

TEST_F(ParseDirectory, MakesARelativePathAbsolute) {
  fs::create_directories(temp_.path() / "site" / "sub");
  for (const char* text : {"site", "./site", "site/", "site/.", "site/sub/.."}) {
    EXPECT_EQ(parse(text), "") << text;
    EXPECT_EQ(value_, temp_.path() / "site") << text;
  }
  EXPECT_EQ(parse("."), "");
  EXPECT_EQ(value_, temp_.path());
}

TEST_F(ParseDirectory, KeepsAnAbsolutePath) {
  EXPECT_EQ(parse("/"), "");
  EXPECT_EQ(value_, "/");
}

TEST_F(ParseDirectory, KeepsSymbolicLinks) {
  fs::create_directories(temp_.path() / "releases" / "1");
  fs::create_directory_symlink("releases/1", temp_.path() / "current");
  EXPECT_EQ(parse("current"), "");
  EXPECT_EQ(value_, temp_.path() / "current");
}

TEST_F(ParseDirectory, DoesNotShortenAPathThatLeadsElsewhereByALink) {
  fs::create_directories(temp_.path() / "releases" / "1");
  fs::create_directory_symlink("releases/1", temp_.path() / "current");
  EXPECT_EQ(parse("current/.."), "");
  EXPECT_TRUE(fs::equivalent(value_, temp_.path() / "releases"));
}

TEST_F(ParseDirectory, SaysWhyThereIsNone) {
  const std::string base = temp_.path().string();
  temp_.write("file");
  fs::create_symlink("loop", temp_.path() / "loop");
  EXPECT_EQ(parse(""), "must be a directory");
  EXPECT_EQ(parse("nowhere"), "there is no directory " + base + "/nowhere");
  EXPECT_EQ(parse("file/below"), "there is no directory " + base + "/file/below");
  EXPECT_EQ(parse("file"), base + "/file is not a directory");
  EXPECT_EQ(parse("loop"), base + "/loop cannot be reached: Too many levels of symbolic links");
  EXPECT_EQ(value_, fs::path());
}

TEST(ParseUrlPath, TakesPlainPaths) {
  std::string value;
  EXPECT_EQ(said(parseUrlPath("/a/b", value)), "");
  EXPECT_EQ(value, "/a/b");
  for (const char* text : {"", "/", "a", "/a/"}) {
    EXPECT_EQ(said(parseUrlPath(text, value)),
              "must be a path that begins with a slash and does not end with one");
  }
  for (const char* text : {"/a b", "/a?", "/a#b", "/%41", "/a\\b", "//a", "/a//b"}) {
    EXPECT_EQ(said(parseUrlPath(text, value)),
              "must be a plain path, without blanks, ?, #, %, \\ and //");
  }
}

TEST(ParsePattern, TakesRegularExpressionsAndNothing) {
  std::string value = "before";
  EXPECT_EQ(said(parsePattern("", value)), "");
  EXPECT_EQ(value, "");
  EXPECT_EQ(said(parsePattern(".*((\\.py)|(\\.config))$", value)), "");
  EXPECT_EQ(said(parsePattern("(", value)), "is not a regular expression: missing ) (at offset 1)");
  EXPECT_EQ(said(parsePattern(std::string(1001, 'a'), value)), "has more than 1000 characters");
  EXPECT_EQ(value, ".*((\\.py)|(\\.config))$");
}

TEST(ParseChoice, TakesTheWordsInAnyCase) {
  constexpr const char* kWords[] = {"auto", "debugpy", "ptvsd"};
  std::size_t index = 9;
  EXPECT_EQ(said(parseChoice("DebugPy", kWords, index)), "");
  EXPECT_EQ(index, 1u);
  EXPECT_EQ(said(parseChoice("pdb", kWords, index)), "must be auto, debugpy or ptvsd");
  EXPECT_EQ(said(parseChoice("", kWords, index)), "must be auto, debugpy or ptvsd");
}

TEST(ParseLogFile, IsInADirectoryThatIsThere) {
  const TempDirectory temp;
  const fs::path base = temp.path();
  temp.write("sub/file");
  fs::path value;
  EXPECT_EQ(said(parseLogFile("new.log", base, value)), "");
  EXPECT_EQ(value, base / "new.log");
  EXPECT_EQ(said(parseLogFile("sub/../sub/file", base, value)), "");
  EXPECT_TRUE(fs::equivalent(value, base / "sub/file"));
  EXPECT_EQ(said(parseLogFile("sub", base, value)), (base / "sub").string() + " is a directory");
  EXPECT_EQ(said(parseLogFile("no/x.log", base, value)),
            "there is no directory " + (base / "no").string() +
                ": make it, or name a file in another one");
  EXPECT_EQ(said(parseLogFile("", base, value)), "");
  EXPECT_TRUE(value.empty());
}

}  // namespace
}  // namespace holdfast
