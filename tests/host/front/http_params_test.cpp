#include "host/front/http_params.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace holdfast {
namespace {

class HttpParamsTest : public testing::Test {
 protected:
  HttpParamsTest() {
    request_.setMethod("GET");
    request_.setURI("/");
    request_.setVersion("HTTP/1.1");
    request_.set("Host", "example.org");
  }

  std::optional<std::string> convert() {
    params_ = {};
    return paramsFromHttp(request_, Poco::Net::SocketAddress("192.0.2.7", 40123),
                          Poco::Net::SocketAddress("127.0.0.1", 8000), params_);
  }

  /// The param of that name for a request to `uri`.
  std::string get(const std::string& uri, std::string_view name) {
    request_.setURI(uri);
    const auto problem = convert();
    return problem ? "refused: " + *problem : std::string(params_.find(name).value_or("(none)"));
  }

  Poco::Net::HTTPRequest request_;
  Params params_;
};

TEST_F(HttpParamsTest, DescribesTheRequest) {
  request_.setMethod("POST");
  request_.setURI("/path?a=b&c=d?e");
  request_.setVersion("HTTP/1.0");
  ASSERT_EQ(convert(), std::nullopt);
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
  for (std::size_t i = 0; i < params_.size(); ++i) {
    actual.emplace(params_[i].name, params_[i].value);
  }
  EXPECT_EQ(actual, expected);
}

TEST_F(HttpParamsTest, DecodesThePathAndNothingElse) {
  EXPECT_EQ(get("/a%20b/c%2Fd%c3%A9", "PATH_INFO"), "/a b/c/d\xC3\xA9");
  EXPECT_EQ(get("/a+b", "PATH_INFO"), "/a+b");
  EXPECT_EQ(get("//x//y", "PATH_INFO"), "//x//y");
  EXPECT_EQ(get("/%41", "PATH_INFO"), "/A");
  EXPECT_EQ(get("/a?b=%20", "QUERY_STRING"), "b=%20");
  EXPECT_EQ(get("/a?", "QUERY_STRING"), "");
  EXPECT_EQ(get("/a%20b", "REQUEST_URI"), "/a%20b");
  EXPECT_EQ(get("*", "PATH_INFO"), "*");
}

TEST_F(HttpParamsTest, RefusesPathsThatAreNotEncodedCorrectly) {
  for (const char* uri : {"/%", "/%4", "/%zz", "/%4g", "/a%2"}) {
    EXPECT_TRUE(get(uri, "PATH_INFO").starts_with("refused: ")) << uri;
  }
  EXPECT_EQ(get("/a?%zz", "QUERY_STRING"), "%zz");
}

TEST_F(HttpParamsTest, TakesAbsoluteForm) {
  EXPECT_EQ(get("http://example.org/a?b", "PATH_INFO"), "/a");
  EXPECT_EQ(get("http://example.org/a?b", "QUERY_STRING"), "b");
  EXPECT_EQ(get("http://example.org", "PATH_INFO"), "/");
  EXPECT_EQ(get("http://example.org?q=/x", "PATH_INFO"), "/");
  EXPECT_EQ(get("http://example.org?q=/x", "QUERY_STRING"), "q=/x");
  EXPECT_EQ(get("/redirect?to=http://example.org/a", "PATH_INFO"), "/redirect");
}

TEST_F(HttpParamsTest, NamesHeadersAsCgiDoes) {
  request_.set("Content-Type", "text/plain");
  request_.set("Content-Length", "3");
  request_.set("X-Some-Header", "value");
  request_.set("host", "other.example");
  ASSERT_EQ(convert(), std::nullopt);
  EXPECT_EQ(params_.find("CONTENT_TYPE"), "text/plain");
  EXPECT_EQ(params_.find("CONTENT_LENGTH"), "3");
  EXPECT_EQ(params_.find("HTTP_CONTENT_TYPE"), std::nullopt);
  EXPECT_EQ(params_.find("HTTP_CONTENT_LENGTH"), std::nullopt);
  EXPECT_EQ(params_.find("HTTP_X_SOME_HEADER"), "value");
  EXPECT_EQ(params_.find("HTTP_HOST"), "other.example");
}

TEST_F(HttpParamsTest, JoinsRepeatedHeaders) {
  request_.add("Accept", "text/html");
  request_.add("accept", "text/plain");
  request_.add("Cookie", "a=1");
  request_.add("Cookie", "b=2");
  ASSERT_EQ(convert(), std::nullopt);
  EXPECT_EQ(params_.find("HTTP_ACCEPT"), "text/html, text/plain");
  EXPECT_EQ(params_.find("HTTP_COOKIE"), "a=1; b=2");
}

TEST_F(HttpParamsTest, DropsNamesThatWouldPassForOthers) {
  request_.add("X_Real_IP", "127.0.0.1");
  request_.add("X-Real-IP", "192.0.2.7");
  request_.add("Content_Length", "99");
  ASSERT_EQ(convert(), std::nullopt);
  EXPECT_EQ(params_.find("HTTP_X_REAL_IP"), "192.0.2.7");
  EXPECT_EQ(params_.find("CONTENT_LENGTH"), std::nullopt);
}

TEST_F(HttpParamsTest, RefusesLengthsThatContradict) {
  request_.add("Content-Length", "3");
  EXPECT_EQ(convert(), std::nullopt);
  request_.add("content-length", "3");
  EXPECT_NE(convert(), std::nullopt);
  request_.erase("Content-Length");
  request_.add("Transfer-Encoding", "chunked");
  EXPECT_EQ(convert(), std::nullopt);
  request_.add("Content-Length", "3");
  EXPECT_NE(convert(), std::nullopt);
}

TEST_F(HttpParamsTest, RefusesLengthsThatAreNoNumber) {
  for (const char* length : {"", "-1", "+1", "0x1", "1 2", "1,1", "99999999999999999999"}) {
    request_.set("Content-Length", length);
    EXPECT_NE(convert(), std::nullopt) << length;
  }
}

TEST_F(HttpParamsTest, RefusesCodingsThatItDoesNotUnderstand) {
  for (const char* coding : {"gzip", "chunked, gzip", "gzip, chunked", "xchunked", ""}) {
    request_.set("Transfer-Encoding", coding);
    EXPECT_NE(convert(), std::nullopt) << coding;
  }
  request_.set("Transfer-Encoding", "Chunked");
  EXPECT_EQ(convert(), std::nullopt);
  request_.setVersion("HTTP/1.0");
  EXPECT_NE(convert(), std::nullopt) << "HTTP/1.0 knows no transfer codings";
}

TEST_F(HttpParamsTest, NeedsOneHost) {
  request_.add("HOST", "other.example");
  EXPECT_NE(convert(), std::nullopt);
  request_.erase("Host");
  EXPECT_NE(convert(), std::nullopt);
  request_.setVersion("HTTP/1.0");
  EXPECT_EQ(convert(), std::nullopt);
}

TEST_F(HttpParamsTest, RefusesOtherVersionsAndNamesThatAreNoTokens) {
  for (const char* version : {"HTTP/2.0", "HTTP/0.9", "HTTP/1.10", ""}) {
    request_.setVersion(version);
    EXPECT_NE(convert(), std::nullopt) << version;
  }
  request_.setVersion("HTTP/1.1");
  for (const char* name : {"X Y", "X:", "X\t", "", "(X)"}) {
    request_.add(name, "1");
    EXPECT_NE(convert(), std::nullopt) << name;
    request_.erase(name);
  }
  EXPECT_EQ(convert(), std::nullopt);
  request_.setMethod("GE T");
  EXPECT_NE(convert(), std::nullopt);
}

}  // namespace
}  // namespace holdfast
