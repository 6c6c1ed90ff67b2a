#include "host/worker/wsgi_environ.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "host/worker/link_message.h"

namespace holdfast {
namespace {

using Given = std::initializer_list<std::pair<std::string_view, std::string_view>>;
using Environ = std::multimap<std::string, std::string>;
using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

Params paramsWith(Given given) {
  Params params;
  params.add("REQUEST_METHOD", "GET");
  for (const auto& [name, value] : given) params.add(name, value);
  return params;
}

/// What the worker reads out of the encoded form.
Environ environOf(const Params& params, const PathRule& rule = {}) {
  const auto encoded = encodeEnviron(params, rule);
  const auto* text = std::get_if<std::string>(&encoded);
  if (text == nullptr) {
    ADD_FAILURE() << std::get<EnvironProblem>(encoded).cause;
    return {};
  }
  const auto fields = link::splitFields(*text);
  EXPECT_EQ(fields.size() % 2, 0U);
  Environ environ;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) environ.emplace(fields[i], fields[i + 1]);
  return environ;
}

// --- paths: what each front end sends for a site that is mounted at the root ---

struct PathCase {
  const char* name;
  const char* server_software;
  const char* script_name;  ///< nullptr: not sent
  const char* path_info;
  const char* full_path;
};

class PathOfFrontEnd : public testing::TestWithParam<PathCase> {
 protected:
  static Params params() {
    Params params = paramsWith({{"SERVER_SOFTWARE", GetParam().server_software}});
    if (GetParam().script_name != nullptr) params.add("SCRIPT_NAME", GetParam().script_name);
    if (GetParam().path_info != nullptr) params.add("PATH_INFO", GetParam().path_info);
    return params;
  }
};

TEST_P(PathOfFrontEnd, IsAllInPathInfoForASiteAtTheRoot) {
  const SplitPath path = splitPath(params(), {});
  EXPECT_EQ(path.script_name, "");
  EXPECT_EQ(path.path_info, GetParam().full_path);
}

TEST_P(PathOfFrontEnd, IsWhatIsLeftBelowAMount) {
  const std::string full = GetParam().full_path;
  if (full[1] == '/') return;  // `//x` has no first segment to mount at
  const std::size_t end = full.find('/', 1);
  const std::string mount = full.substr(0, end);
  const SplitPath path = splitPath(params(), {mount});
  EXPECT_EQ(path.script_name, mount);
  EXPECT_EQ(path.path_info, full.substr(mount.size()));
}

INSTANTIATE_TEST_SUITE_P(
    Each, PathOfFrontEnd,
    testing::Values(
        PathCase{"NginxOfDebian", "nginx/1.22.1", "/a b/c/d", nullptr, "/a b/c/d"},
        PathCase{"NginxOfDebianDoubleSlash", "nginx/1.22.1", "/x/y", nullptr, "/x/y"},
        PathCase{"NginxPathInfoUri", "nginx/1.22.1", "", "/a b/c/d", "/a b/c/d"},
        PathCase{"Lighttpd", "lighttpd/1.4.69", "/a b", "/c/d", "/a b/c/d"},
        PathCase{"LighttpdDoubleSlash", "lighttpd/1.4.69", "/x", "/y", "/x/y"},
        PathCase{"ApacheProxyFcgi", "Apache/2.4", "/a b/c/d", nullptr, "/a b/c/d"},
        PathCase{"ApacheFcgid", "Apache/2.4", "/a b", "/c/d", "/a b/c/d"},
        PathCase{"ApacheFcgidOneSegment", "Apache/2.4", "/x", nullptr, "/x"},
        PathCase{"Caddy", "Caddy/v2.6.2", "", "/a b/c/d", "/a b/c/d"},
        PathCase{"CaddyDoubleSlash", "Caddy/v2.6.2", "", "//x//y", "//x//y"},
        PathCase{"IisWholePathTwice", "Microsoft-IIS/10.0", "/a b/c/d", "/a b/c/d", "/a b/c/d"},
        PathCase{"IisHandlersPath", "Microsoft-IIS/10.0", "/handler.fcgi", "/a b/c/d", "/a b/c/d"}),
    [](const auto& info) { return info.param.name; });

TEST(SplitPath, MountsAtWholeSegmentsOnly) {
  const auto split = [](std::string_view path, std::string_view mount) {
    const SplitPath result = splitPath(paramsWith({{"PATH_INFO", path}}), {std::string(mount)});
    return std::pair(result.script_name, result.path_info);
  };
  EXPECT_EQ(split("/app", "/app"), (std::pair<std::string, std::string>("/app", "")));
  EXPECT_EQ(split("/app/", "/app"), (std::pair<std::string, std::string>("/app", "/")));
  EXPECT_EQ(split("/app/x/y", "/app"), (std::pair<std::string, std::string>("/app", "/x/y")));
  EXPECT_EQ(split("/app//x", "/app"), (std::pair<std::string, std::string>("/app", "//x")));
  EXPECT_EQ(split("/a/b/c", "/a/b"), (std::pair<std::string, std::string>("/a/b", "/c")));
  EXPECT_EQ(split("/apple", "/app"), (std::pair<std::string, std::string>("", "/apple")));
  EXPECT_EQ(split("/ap", "/app"), (std::pair<std::string, std::string>("", "/ap")));
  EXPECT_EQ(split("/other/app", "/app"), (std::pair<std::string, std::string>("", "/other/app")));
  EXPECT_EQ(split("", "/app"), (std::pair<std::string, std::string>("", "")));
  // As wfastcgi did, and as Windows' file names are.
  EXPECT_EQ(split("/APP/x", "/app"), (std::pair<std::string, std::string>("/app", "/x")));
}

TEST(SplitPath, LeavesTheSplitToTheServerWhereItIsSetSo) {
  const Params params = paramsWith({{"SCRIPT_NAME", "/a"}, {"PATH_INFO", "/b/c"}});
  PathRule rule;
  rule.split_by_server = true;
  EXPECT_EQ(splitPath(params, rule).script_name, "/a");
  EXPECT_EQ(splitPath(params, rule).path_info, "/b/c");
  rule.mount = "/a/b";
  EXPECT_EQ(splitPath(params, rule).script_name, "/a/b");
}

TEST(SplitPath, FindsAMountThatAFrontEndHasCutElsewhere) {
  const SplitPath path =
      splitPath(paramsWith({{"SCRIPT_NAME", "/a"}, {"PATH_INFO", "/b/c"}}), {"/a/b"});
  EXPECT_EQ(path.script_name, "/a/b");
  EXPECT_EQ(path.path_info, "/c");
}

TEST(EncodeEnviron, ReplacesTheTwoPathsAndKeepsTheRest) {
  const Environ environ = environOf(paramsWith({{"SCRIPT_NAME", "/app"},
                                                {"PATH_INFO", "/x"},
                                                {"REQUEST_URI", "/app/x?q"},
                                                {"QUERY_STRING", "q"},
                                                {"HTTP_ACCEPT", "*/*"},
                                                {"EMPTY", ""},
                                                {"HTTPS", "on"}}),
                                    {"/app"});
  const Environ expected = {{"REQUEST_METHOD", "GET"},
                            {"SCRIPT_NAME", "/app"},
                            {"PATH_INFO", "/x"},
                            {"REQUEST_URI", "/app/x?q"},
                            {"QUERY_STRING", "q"},
                            {"HTTP_ACCEPT", "*/*"},
                            {"EMPTY", ""},
                            {"HTTPS", "on"},
                            {"SERVER_NAME", "localhost"},
                            {"SERVER_PORT", "80"},
                            {"SERVER_PROTOCOL", "HTTP/1.1"}};
  EXPECT_EQ(environ, expected);
}

TEST(EncodeEnviron, AddsWhatWsgiRequires) {
  const Environ environ = environOf(paramsWith({}));
  for (const char* name : {"SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "QUERY_STRING",
                           "SCRIPT_NAME", "PATH_INFO", "REQUEST_METHOD"}) {
    EXPECT_EQ(environ.count(name), 1U) << name;
  }
}

TEST(EncodeEnviron, KeepsWhatTheServerSaysOfItself) {
  const Environ environ = environOf(paramsWith(
      {{"SERVER_NAME", "example.org"}, {"SERVER_PORT", "8443"}, {"SERVER_PROTOCOL", "HTTP/2.0"}}));
  EXPECT_THAT(environ, Contains(Pair("SERVER_NAME", "example.org")));
  EXPECT_THAT(environ, Contains(Pair("SERVER_PORT", "8443")));
  EXPECT_THAT(environ, Contains(Pair("SERVER_PROTOCOL", "HTTP/2.0")));
  EXPECT_EQ(environ.count("SERVER_NAME"), 1U);
}

TEST(EncodeEnviron, DropsNamesThatWouldMislead) {
  const Environ environ = environOf(paramsWith({{"HTTP_PROXY", "http://evil"},
                                                {"HTTP_CONTENT_LENGTH", "5"},
                                                {"HTTP_CONTENT_TYPE", "text/plain"},
                                                {"wsgi.url_scheme", "gopher"},
                                                {"", "nameless"},
                                                {"HTTP_PROXY_AUTHORIZATION", "kept"}}));
  for (const char* name :
       {"HTTP_PROXY", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE", "wsgi.url_scheme", ""}) {
    EXPECT_THAT(environ, Not(Contains(Key(name)))) << name;
  }
  EXPECT_THAT(environ, Contains(Pair("HTTP_PROXY_AUTHORIZATION", "kept")));
}

TEST(EncodeEnviron, LeavesEmptyContentLengthAndTypeOut) {
  const Environ empty =
      environOf(paramsWith({{"CONTENT_LENGTH", ""}, {"CONTENT_TYPE", ""}, {"HTTP_EMPTY", ""}}));
  EXPECT_THAT(empty, Not(Contains(Key("CONTENT_LENGTH"))));
  EXPECT_THAT(empty, Not(Contains(Key("CONTENT_TYPE"))));
  EXPECT_THAT(empty, Contains(Pair("HTTP_EMPTY", "")));
  const Environ full =
      environOf(paramsWith({{"CONTENT_LENGTH", "0"}, {"CONTENT_TYPE", "text/plain"}}));
  EXPECT_THAT(full, Contains(Pair("CONTENT_LENGTH", "0")));
  EXPECT_THAT(full, Contains(Pair("CONTENT_TYPE", "text/plain")));
}

TEST(EncodeEnviron, KeepsBytesOfEveryEncoding) {
  const Environ environ =
      environOf(paramsWith({{"PATH_INFO", "/\xE9\xC3\xA9"}, {"QUERY_STRING", "\xFF\x01 \n"}}));
  EXPECT_THAT(environ, Contains(Pair("PATH_INFO", "/\xE9\xC3\xA9")));
  EXPECT_THAT(environ, Contains(Pair("QUERY_STRING", "\xFF\x01 \n")));
}

struct ProblemCase {
  const char* name;
  std::pair<std::string_view, std::string_view> param;
  const char* cause;
};

class WrongParam : public testing::TestWithParam<ProblemCase> {};

TEST_P(WrongParam, IsToldWithARemedy) {
  const auto encoded = encodeEnviron(paramsWith({GetParam().param}), {});
  const auto* problem = std::get_if<EnvironProblem>(&encoded);
  ASSERT_NE(problem, nullptr);
  EXPECT_THAT(problem->cause, testing::HasSubstr(GetParam().cause));
  EXPECT_FALSE(problem->remedy.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongParam,
    testing::Values(ProblemCase{"LengthIsText", {"CONTENT_LENGTH", "many"}, "CONTENT_LENGTH"},
                    ProblemCase{"LengthIsNegative", {"CONTENT_LENGTH", "-5"}, "CONTENT_LENGTH"},
                    ProblemCase{"LengthHasPlus", {"CONTENT_LENGTH", "+1"}, "CONTENT_LENGTH"},
                    ProblemCase{"LengthHasSpace", {"CONTENT_LENGTH", " 1"}, "CONTENT_LENGTH"},
                    ProblemCase{"LengthIsHex", {"CONTENT_LENGTH", "0x10"}, "CONTENT_LENGTH"},
                    ProblemCase{"LengthIsAList", {"CONTENT_LENGTH", "1, 1"}, "CONTENT_LENGTH"},
                    ProblemCase{"LengthIsEndless",
                                {"CONTENT_LENGTH", "99999999999999999999999"},
                                "CONTENT_LENGTH"},
                    ProblemCase{"NulInValue", {"HTTP_X", std::string_view("a\0b", 3)}, "NUL"},
                    ProblemCase{"NulInName", {std::string_view("A\0B", 3), "x"}, "NUL"},
                    ProblemCase{"NulInPath", {"PATH_INFO", std::string_view("/\0", 2)}, "NUL"}),
    [](const auto& info) { return info.param.name; });

TEST(EncodeEnviron, NeedsAMethod) {
  Params params;
  params.add("PATH_INFO", "/");
  EXPECT_TRUE(std::holds_alternative<EnvironProblem>(encodeEnviron(params, {})));
  params.add("REQUEST_METHOD", "");
  EXPECT_TRUE(std::holds_alternative<EnvironProblem>(encodeEnviron(params, {})));
}

}  // namespace
}  // namespace holdfast
