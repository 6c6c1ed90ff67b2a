#include "config/addresses.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

/// A text and the exact objection to it; empty: none.
struct Case {
  std::string text;
  std::string objection;
};

std::string said(const Objection& objection) { return objection.value_or(""); }

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

}  // namespace
}  // namespace holdfast
