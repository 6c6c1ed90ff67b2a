#include "config/setting_values.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/config/temp_directory.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

/// A text and the exact objection to it; empty: none.
struct Case {
  std::string text;
  std::string objection;
};

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

const std::string kFastCgiHost =
    "its HOST must be an IPv4 address (0.0.0.0 for all of this machine's) or localhost";
const std::string kFastCgiPort = "its PORT must be a number from 1 to 65535";

TEST(ParseFastCgiAddress, TakesWhatLibfcgiCanOpen) {
  const std::string longest = "unix:/" + std::string(106, 'x');
  for (const std::string& text :
       {std::string("unix:/run/mysite.sock"), std::string("unix:mysite.sock"), longest,
        std::string("tcp:127.0.0.1:9000"), std::string("tcp:0.0.0.0:1"),
        std::string("tcp:localhost:65535"), std::string("tcp:255.255.255.255:80")}) {
    std::string value;
    EXPECT_EQ(said(parseFastCgiAddress(text, value)), "") << text;
    EXPECT_EQ(value, text);
  }
}

TEST(ParseFastCgiAddress, SaysWhatItCannotOpen) {
  const std::vector<Case> cases = {
      {"", "must be unix:PATH or tcp:HOST:PORT"},
      {"/run/mysite.sock", "must be unix:PATH or tcp:HOST:PORT"},
      {"127.0.0.1:9000", "must be unix:PATH or tcp:HOST:PORT"},
      {"UNIX:/run/x", "must be unix:PATH or tcp:HOST:PORT"},
      {"tcp:9000", "must be unix:PATH or tcp:HOST:PORT"},
      {"unix:", "must be unix:PATH or tcp:HOST:PORT, and the PATH is missing"},
      {"unix:/" + std::string(107, 'x'),
       "its PATH has 108 bytes, and that of a UNIX socket can have at most 107: choose a shorter "
       "one"},
      {"unix:/run/a:5",
       "its PATH has a colon, which would make HOST:PORT of it: choose one "
       "without"},
      {"tcp::9000", kFastCgiHost},
      {"tcp:*:9000", kFastCgiHost},
      {"tcp:[::1]:9000", kFastCgiHost},
      {"tcp:example.org:9000", kFastCgiHost},
      {"tcp:127.1:9000", kFastCgiHost},
      {"tcp:127.0.0.256:9000", kFastCgiHost},
      {"tcp:127.0.0.010:9000", kFastCgiHost},
      {"tcp:127.0.0.1.:9000", kFastCgiHost},
      {"tcp:127.0.0.1:", kFastCgiPort},
      {"tcp:127.0.0.1:65536", kFastCgiPort},
      {"tcp:127.0.0.1:-1", kFastCgiPort},
      {"tcp:127.0.0.1:http", kFastCgiPort},
      {"tcp:127.0.0.1:0",
       "port 0 would open a port that the web server cannot know: its PORT must be a number from 1 "
       "to 65535"},
  };
  for (const Case& wrong : cases) {
    std::string value = "before";
    EXPECT_EQ(said(parseFastCgiAddress(wrong.text, value)), wrong.objection) << wrong.text;
    EXPECT_EQ(value, "before") << wrong.text;
  }
}

TEST(ParseHttpAddress, TakesAddressesNamesAndAnyFreePort) {
  for (const char* text : {"tcp:127.0.0.1:8000", "tcp:127.0.0.1:0", "tcp:localhost:65535",
                           "tcp:my-site.example.org:80", "tcp:[::1]:8000", "tcp:[2001:db8::7]:1"}) {
    std::string value;
    EXPECT_EQ(said(parseHttpAddress(text, value)), "") << text;
    EXPECT_EQ(value, text);
  }
}

TEST(ParseHttpAddress, SaysWhatIsWrong) {
  const std::string shape = "must be tcp:HOST:PORT";
  const std::string host =
      "its HOST must be an IPv4 address (0.0.0.0 for all of this machine's), an IPv6 address in "
      "brackets, or a host name";
  const std::string port = "its PORT must be a number from 0 to 65535";
  const std::vector<Case> cases = {
      {"", shape},
      {"8000", shape},
      {"unix:/run/x.sock", shape},
      {"http://127.0.0.1:8000", shape},
      {"tcp:8000", shape},
      {"tcp::8000", host},
      {"tcp:::1:8000", host},
      {"tcp:[]:8000", host},
      {"tcp:[1:2:8000", host},
      {"tcp:[xy::1]:8000", host},
      {"tcp:127.0.0:8000", host},
      {"tcp:300.1.1.1:8000", host},
      {"tcp:a/b:8000", host},
      {"tcp:127.0.0.1:", port},
      {"tcp:127.0.0.1:99999", port},
      {"tcp:127.0.0.1:8000/", port},
  };
  for (const Case& wrong : cases) {
    std::string value = "before";
    EXPECT_EQ(said(parseHttpAddress(wrong.text, value)), wrong.objection) << wrong.text;
    EXPECT_EQ(value, "before") << wrong.text;
  }
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

TEST(ParseChannelAddress, TakesBothKinds) {
  std::string value;
  EXPECT_EQ(said(parseChannelAddress("unix:/run/x", value)), "");
  EXPECT_EQ(said(parseChannelAddress("tcp:[::1]:0", value)), "");
  EXPECT_EQ(value, "tcp:[::1]:0");
  EXPECT_EQ(said(parseChannelAddress("/run/x", value)), "must be unix:PATH or tcp:HOST:PORT");
  EXPECT_EQ(said(parseChannelAddress("tcp:h", value)), "must be tcp:HOST:PORT");
}

TEST(ParseDebugAddress, StaysOnThisMachine) {
  std::string value;
  for (const char* text : {"localhost:5678", "127.0.0.1:0", "127.1.2.3:1", "[::1]:65535"}) {
    EXPECT_EQ(said(parseDebugAddress(text, value)), "") << text;
    EXPECT_EQ(value, text);
  }
  for (const char* text : {"5678", "0.0.0.0:5678", "localhost", "127.0.0:1", "127.evil.com:1",
                           "::1:5678", ":5678", ""}) {
    EXPECT_EQ(said(parseDebugAddress(text, value)),
              "must be HOST:PORT with localhost, 127.0.0.1 or [::1] for the HOST: whoever reaches "
              "this port can run code")
        << text;
  }
  EXPECT_EQ(said(parseDebugAddress("localhost:65536", value)),
            "its PORT must be a number from 0 to 65535");
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
