#include "host/front/http_params.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

/// The params of a request with that first line's target, and headers.
Params paramsOf(const std::string& target, RequestHead head = {}) {
  head.target = target;
  if (head.method.empty()) head.method = "GET";
  Params params;
  EXPECT_TRUE(paramsFromHttp(head, {"192.0.2.7", "40123", "127.0.0.1", "8000"}, params));
  return params;
}

std::string get(const std::string& target, std::string_view name) {
  return std::string(paramsOf(target).find(name).value_or("(none)"));
}

Params paramsWith(const std::vector<std::pair<std::string, std::string>>& headers) {
  RequestHead head;
  head.headers = headers;
  return paramsOf("/", head);
}

TEST(HttpParams, DescribesTheRequest) {
  RequestHead head;
  head.method = "POST";
  head.http10 = true;
  head.headers = {{"Host", "example.org"}};
  const Params params = paramsOf("/path?a=b&c=d?e", head);
  const std::map<std::string, std::string> expected = {{"REQUEST_METHOD", "POST"},
                                                       {"SCRIPT_NAME", ""},
                                                       {"PATH_INFO", "/path"},
                                                       {"QUERY_STRING", "a=b&c=d?e"},
                                                       {"REQUEST_URI", "/path?a=b&c=d?e"},
                                                       {"REQUEST_SCHEME", "http"},
                                                       {"SERVER_PROTOCOL", "HTTP/1.0"},
                                                       {"SERVER_SOFTWARE", "holdfast"},
                                                       {"GATEWAY_INTERFACE", "CGI/1.1"},
                                                       {"SERVER_NAME", "127.0.0.1"},
                                                       {"SERVER_PORT", "8000"},
                                                       {"REMOTE_ADDR", "192.0.2.7"},
                                                       {"REMOTE_PORT", "40123"},
                                                       {"HTTP_HOST", "example.org"}};
  std::map<std::string, std::string> actual;
  for (std::size_t i = 0; i < params.size(); ++i) {
    actual.emplace(params[i].name, params[i].value);
  }
  EXPECT_EQ(actual, expected);
}

TEST(HttpParams, DecodesThePathAndNothingElse) {
  EXPECT_EQ(get("/a%20b/c%2Fd%c3%A9", "PATH_INFO"), "/a b/c/d\xC3\xA9");
  EXPECT_EQ(get("/a+b", "PATH_INFO"), "/a+b");
  EXPECT_EQ(get("//x//y", "PATH_INFO"), "//x//y");
  EXPECT_EQ(get("/%41", "PATH_INFO"), "/A");
  EXPECT_EQ(get("/a?b=%20", "QUERY_STRING"), "b=%20");
  EXPECT_EQ(get("/a?", "QUERY_STRING"), "");
  EXPECT_EQ(get("/a%20b", "REQUEST_URI"), "/a%20b");
  EXPECT_EQ(get("*", "PATH_INFO"), "*");
}

TEST(HttpParams, RefusesPathsThatAreNotEncodedCorrectly) {
  for (const char* target : {"/%", "/%4", "/%zz", "/%4g", "/a%2"}) {
    RequestHead head;
    head.target = target;
    Params params;
    EXPECT_FALSE(paramsFromHttp(head, HttpEnds(), params)) << target;
  }
  EXPECT_EQ(get("/a?%zz", "QUERY_STRING"), "%zz");
}

TEST(HttpParams, NamesHeadersAsCgiDoes) {
  const Params params = paramsWith({{"Content-Type", "text/plain"},
                                    {"Content-Length", "3"},
                                    {"X-Some-Header", "value"},
                                    {"host", "other.example"}});
  EXPECT_EQ(params.find("CONTENT_TYPE"), "text/plain");
  EXPECT_EQ(params.find("CONTENT_LENGTH"), "3");
  EXPECT_EQ(params.find("HTTP_CONTENT_TYPE"), std::nullopt);
  EXPECT_EQ(params.find("HTTP_CONTENT_LENGTH"), std::nullopt);
  EXPECT_EQ(params.find("HTTP_X_SOME_HEADER"), "value");
  EXPECT_EQ(params.find("HTTP_HOST"), "other.example");
}

TEST(HttpParams, JoinsRepeatedHeaders) {
  const Params params = paramsWith(
      {{"Accept", "text/html"}, {"accept", "text/plain"}, {"Cookie", "a=1"}, {"Cookie", "b=2"}});
  EXPECT_EQ(params.find("HTTP_ACCEPT"), "text/html, text/plain");
  EXPECT_EQ(params.find("HTTP_COOKIE"), "a=1; b=2");
}

TEST(HttpParams, DropsNamesThatWouldPassForOthers) {
  const Params params = paramsWith(
      {{"X_Real_IP", "127.0.0.1"}, {"X-Real-IP", "192.0.2.7"}, {"Content_Length", "99"}});
  EXPECT_EQ(params.find("HTTP_X_REAL_IP"), "192.0.2.7");
  EXPECT_EQ(params.find("CONTENT_LENGTH"), std::nullopt);
}

}  // namespace
}  // namespace holdfast
