#include "host/front/http_request_head.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

constexpr const char* kHost = "GET / HTTP/1.1\r\nHost: h\r\n";

RequestHead parsed(const std::string& text) {
  const auto result = parseRequestHead(text + "\r\n");
  if (const auto* refusal = std::get_if<HttpRefusal>(&result)) {
    ADD_FAILURE() << refusal->status << ' ' << refusal->why << " for " << text;
    return {};
  }
  return std::get<RequestHead>(result);
}

int refusal(const std::string& text) {
  const auto result = parseRequestHead(text + "\r\n");
  const auto* refused = std::get_if<HttpRefusal>(&result);
  return refused == nullptr ? 0 : refused->status;
}

TEST(RequestHead, HasTheRequestLineAndTheHeadersInTheirOrder) {
  const RequestHead head = parsed(
      "POST /a%20b?c HTTP/1.1\r\nHost: example.org\r\nX-Many:one \r\nx-many: \t two\r\nEmpty:\r\n"
      "Content-Length: 007\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a%20b?c");
  EXPECT_FALSE(head.http10);
  const std::vector<std::pair<std::string, std::string>> expected = {{"Host", "example.org"},
                                                                     {"X-Many", "one"},
                                                                     {"x-many", "two"},
                                                                     {"Empty", ""},
                                                                     {"Content-Length", "007"}};
  EXPECT_EQ(head.headers, expected);
  EXPECT_EQ(head.length, 7U);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, LeavesValuesAsTheyAre) {
  EXPECT_EQ(parsed(std::string(kHost) + "Cookie: a==?utf-8?Q?b?=\xE9\r\n").headers[1].second,
            "a==?utf-8?Q?b?=\xE9");
}

TEST(RequestHead, TellsHowLongTheConnectionLasts) {
  EXPECT_FALSE(parsed(std::string(kHost) + "Connection: close\r\n").keep_alive);
  EXPECT_FALSE(parsed(std::string(kHost) + "Connection: TE, Close\r\n").keep_alive);
  EXPECT_TRUE(parsed(std::string(kHost) + "Connection: disclose\r\n").keep_alive);
  EXPECT_FALSE(parsed("GET / HTTP/1.0\r\n").keep_alive);
  EXPECT_TRUE(parsed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n").keep_alive);
  EXPECT_FALSE(
      parsed("GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n").keep_alive);
}

TEST(RequestHead, TakesEachFormOfTarget) {
  for (const char* target : {"/", "*", "//x//y", "/caf\xC3\xA9", "/to?=http://example.org/a"}) {
    EXPECT_EQ(parsed("OPTIONS " + std::string(target) + " HTTP/1.0\r\n").target, target);
  }
  for (const char* target : {"x", "example.org:443", "", "/a b", "/\x01", "/a\tb", "/a#b",
                             "x?u=http://b/a", "ftp://example.org/"}) {
    EXPECT_EQ(refusal("GET " + std::string(target) + " HTTP/1.0\r\n"), 400) << target;
  }
}

TEST(RequestHead, TheHostOfAnAbsoluteTargetCounts) {
  const auto check = [](const std::string& target, const std::string& path) {
    const RequestHead head = parsed("GET " + target + " HTTP/1.1\r\nHost: other\r\n");
    EXPECT_EQ(head.target, path);
    EXPECT_EQ(head.headers[0].second, "example.org:80");
  };
  check("http://example.org:80/a?b", "/a?b");
  check("HTTP://example.org:80", "/");
  check("https://example.org:80?q=/x", "/?q=/x");
}

TEST(RequestHead, RefusesAHostThatIsNone) {
  for (const char* host : {"a b", "a/b", "user@a", "a,b", "a?b"}) {
    EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n"), 400) << host;
  }
}

TEST(RequestHead, RefusesWhatIsNotCorrectlyWritten) {
  for (const char* text : {"", "GET\r\n", "GET /\r\n", "GET / HTTP/1.1 x\r\nHost: h\r\n",
                           " GET / HTTP/1.1\r\nHost: h\r\n", "GE(T / HTTP/1.1\r\nHost: h\r\n",
                           "GET / HTTP/9.9\r\nHost: h\r\n", "GET / HTTP/1.10\r\nHost: h\r\n",
                           "GET / http/1.1\r\nHost: h\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n"}) {
    EXPECT_EQ(refusal(text), 400) << text;
  }
  for (const char* line : {"X", "X : y", ": y", "X\t: y", "(X): y", " folded", "\tfolded",
                           "X: a\rb", "X: a\nY: b", "X: \x01", "X: \x7f", "Host: other"}) {
    EXPECT_EQ(refusal(std::string(kHost) + line + "\r\n"), 400) << line;
  }
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n"), 400) << "no Host";
  EXPECT_EQ(refusal("GET / HTTP/1.1\nHost: h\n"), 400) << "bare line feeds";
}

TEST(RequestHead, ALoneCarriageReturnEndsNothing) {
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: a\r\n\rContent-Length: 33\r\n"), 400);
}

TEST(RequestHead, RefusesLengthsOnWhichPartiesCouldDiffer) {
  for (const char* length :
       {"", "-1", "+1", "0x1", "1 2", "1,1", "99999999999999999999", "=?utf-8?Q?5?="}) {
    EXPECT_EQ(refusal(std::string(kHost) + "Content-Length: " + length + "\r\n"), 400) << length;
  }
  for (const char* coding : {"gzip", "chunked, gzip", "gzip, chunked", "xchunked", "",
                             "=?utf-8?Q?chunked?=", "\"chunked\""}) {
    EXPECT_EQ(refusal(std::string(kHost) + "Transfer-Encoding: " + coding + "\r\n"), 400) << coding;
  }
  EXPECT_TRUE(parsed(std::string(kHost) + "Transfer-Encoding: Chunked\r\n").chunked);
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"), 400);
  for (const char* twice : {"Content-Length: 3\r\ncontent-length: 3\r\n",
                            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_EQ(refusal(std::string(kHost) + twice), 400) << twice;
  }
}

TEST(RequestHead, UnderstandsOneExpectation) {
  EXPECT_TRUE(parsed(std::string(kHost) + "Expect: 100-Continue\r\n").expects_continue);
  EXPECT_EQ(refusal(std::string(kHost) + "Expect: miracles\r\n"), 417);
}

TEST(RequestHead, LimitsTheTargetAndTheHeaders) {
  EXPECT_EQ(refusal("GET /" + std::string(17'000, 'x') + " HTTP/1.0\r\n"), 414);
  std::string many = kHost;
  for (int i = 0; i < 100; ++i) many += "X: y\r\n";
  EXPECT_EQ(refusal(many), 431);
  EXPECT_EQ(parsed(std::string(kHost) + "X: " + std::string(20'000, 'y') + "\r\n").headers.size(),
            2U);
}

TEST(EndOfHead, IsBehindTheFirstEmptyLine) {
  EXPECT_EQ(endOfHead("GET / HTTP/1.1\r\nHost: h\r\n\r\nbody\r\n\r\n", 0), 27U);
  EXPECT_EQ(endOfHead("GET / HTTP/1.1\nHost: h\n\nbody", 0), 24U);
  EXPECT_EQ(endOfHead("GET / HTTP/1.1\r\nHost: h\r\n\r", 0), std::string_view::npos);
  EXPECT_EQ(endOfHead("", 0), std::string_view::npos);
}

}  // namespace
}  // namespace holdfast
