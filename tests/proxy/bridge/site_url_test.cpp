#include "proxy/bridge/site_url.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

/// All parts in one line, or what is wrong.
std::string parts(std::string_view text) {
  std::string objection;
  const auto url = parseSiteUrl(text, objection);
  if (!url) return "refused: " + objection;
  return std::string(url->tls ? "tls " : "plain ") + url->host + ' ' + std::to_string(url->port) +
         ' ' + url->path + " [" + url->query + "] [" + url->secret.reveal() + ']';
}

TEST(SiteUrl, HasItsParts) {
  EXPECT_EQ(parts("wss://s3cret@site.example/ptvsd"), "tls site.example 443 /ptvsd [] [s3cret]");
  EXPECT_EQ(parts("HTTPS://Site.Example:8443/a/debug/?takeover=1"),
            "tls site.example 8443 /a/debug [takeover=1] []");
  EXPECT_EQ(parts("wss://[2001:db8::1]:444/x"), "tls 2001:db8::1 444 /x [] []");
  EXPECT_EQ(parts("https://site.example/\xC3\xA4"), "tls site.example 443 /%C3%A4 [] []");
}

TEST(SiteUrl, IsThePathOfOldWhereNoneIsGiven) {
  EXPECT_EQ(parts("wss://site.example"), "tls site.example 443 /ptvsd [] []");
  EXPECT_EQ(parts("wss://site.example/"), "tls site.example 443 /ptvsd [] []");
  EXPECT_EQ(parts("wss://site.example?takeover=1"), "tls site.example 443 /ptvsd [takeover=1] []");
}

TEST(SiteUrl, TakesTheSecretAsOtherProgramsWantIt) {
  EXPECT_EQ(parts("wss://abc:@h/p"), "tls h 443 /p [] [abc]");
  EXPECT_EQ(parts("wss://:abc@h/p"), "tls h 443 /p [] [abc]");
  EXPECT_EQ(parts("wss://a%2Fb%40%3A@h/p"), "tls h 443 /p [] [a/b@:]");
  EXPECT_EQ(parts("wss://a@b@h/p"), "tls h 443 /p [] [a@b]");
  EXPECT_EQ(parts("wss://h/p@x"), "tls h 443 /p@x [] []");
}

TEST(SiteUrl, IsPlainOnlyOnLoopback) {
  EXPECT_EQ(parts("ws://localhost:8000/ptvsd"), "plain localhost 8000 /ptvsd [] []");
  EXPECT_EQ(parts("http://127.0.0.2"), "plain 127.0.0.2 80 /ptvsd [] []");
  EXPECT_EQ(parts("http://[::1]:81"), "plain ::1 81 /ptvsd [] []");
  for (const char* text : {"ws://s3cret@site.example/ptvsd", "http://10.0.0.1/", "ws://[::2]/",
                           "ws://localhost.example/"}) {
    const std::string said = parts(text);
    EXPECT_TRUE(said.starts_with("refused: over ")) << said;
    EXPECT_NE(said.find("use wss://"), std::string::npos) << said;
    EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
  }
}

TEST(SiteUrl, RefusesWhatIsNoneAndNeverSaysTheSecret) {
  for (const char* text :
       {"", "site.example/ptvsd", "ftp://s3cret@site.example/", "wss://", "wss://s3cret@/ptvsd",
        "wss://s3cret:pass@h/", "wss://s3cret%@h/", "wss://s3cret@h:0/", "wss://s3cret@h:70000/",
        "wss://s3cret@h:x/", "wss://s3cret@[::1/", "wss://s3cret@h/a b", "wss://s3cret@h/p#x",
        "wss://s3cret@h\xC3\xA4/", "wss://s3cret@h/\r\nX: y"}) {
    const std::string said = parts(text);
    EXPECT_TRUE(said.starts_with("refused: the address ")) << text << ": " << said;
    EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
  }
}

TEST(SiteUrl, SaysItsPortOnlyWhereItIsAnother) {
  std::string objection;
  EXPECT_EQ(parseSiteUrl("wss://h:443/p?x", objection)->text(), "wss://h/p");
  EXPECT_EQ(parseSiteUrl("https://a@h:444/p", objection)->authority(), "h:444");
  EXPECT_EQ(parseSiteUrl("http://[::1]:80/p", objection)->authority(), "[::1]");
}

TEST(UserPart, IsFoundInWhateverIsGiven) {
  EXPECT_EQ(userPart("wss://abc@h/p"), "abc");
  EXPECT_EQ(userPart("abc:def@h"), "abc:def");
  EXPECT_EQ(userPart("wss://a@b@h"), "a@b");
  EXPECT_EQ(userPart("wss://h/p@x"), "");
  EXPECT_EQ(userPart("--listen"), "");
}

}  // namespace
}  // namespace holdfast::proxy
