#include "host/front/http_params.h"

#include <Poco/Ascii.h>
#include <Poco/String.h>

#include <algorithm>
#include <map>

#include "host/front/percent_decoding.h"

namespace holdfast {

namespace {

/// nginx drops names with underscores too: `X_Real_IP` would otherwise pass for `X-Real-IP`.
bool isAmbiguous(const std::string& name) { return name.find('_') != std::string::npos; }

std::string paramName(const std::string& header) {
  std::string name = Poco::toUpper(header);
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  if (name == "CONTENT_TYPE" || name == "CONTENT_LENGTH") return name;
  return "HTTP_" + name;
}

/// RFC 9110, section 5.6.2.
bool isToken(const std::string& text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return Poco::Ascii::isAlphaNumeric(static_cast<unsigned char>(c)) ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool isLength(const std::string& text) {
  return !text.empty() && text.size() <= 18 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

/// What makes the request's end uncertain, or is not HTTP/1.
std::optional<std::string> objectionTo(const Poco::Net::HTTPRequest& request) {
  const bool http11 = request.getVersion() == "HTTP/1.1";
  if (!http11 && request.getVersion() != "HTTP/1.0") return "This server speaks HTTP/1.1.";
  if (!isToken(request.getMethod())) return "The method is not correctly written.";
  std::size_t lengths = 0;
  std::size_t codings = 0;
  std::size_t hosts = 0;
  for (const auto& [name, value] : request) {
    if (!isToken(name)) return "A header's name is not correctly written.";
    if (Poco::icompare(name, "Host") == 0) ++hosts;
    if (Poco::icompare(name, "Content-Length") == 0) {
      ++lengths;
      if (!isLength(value)) return "The Content-Length is not a number of bytes.";
    }
    if (Poco::icompare(name, "Transfer-Encoding") == 0) {
      ++codings;
      if (!http11 || Poco::icompare(value, "chunked") != 0) {
        return "The only Transfer-Encoding that is understood is chunked, with HTTP/1.1.";
      }
    }
  }
  if (lengths + codings > 1) return "The length of the body is given more than once.";
  if (hosts > 1 || (http11 && hosts == 0)) return "There must be one Host header.";
  return std::nullopt;
}

/// `http://host/path?query` (absolute form, RFC 9112, section 3.2.2) -> `/path?query`
std::string originForm(const std::string& target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string::npos) return target;
  const std::size_t rest = target.find_first_of("/?#", scheme + 3);
  if (rest == std::string::npos) return "/";
  return target[rest] == '/' ? target.substr(rest) : '/' + target.substr(rest);
}

}  // namespace

std::optional<std::string> paramsFromHttp(const Poco::Net::HTTPRequest& request,
                                          const Poco::Net::SocketAddress& client,
                                          const Poco::Net::SocketAddress& server, Params& params) {
  if (auto objection = objectionTo(request)) return objection;
  const std::string target = originForm(request.getURI());
  const std::size_t question = target.find('?');
  const auto path = percentDecoded(std::string_view(target).substr(0, question));
  if (!path) return "The path of the URL is not correctly percent-encoded.";

  params.add("REQUEST_METHOD", request.getMethod());
  params.add("SCRIPT_NAME", "");
  params.add("PATH_INFO", *path);
  params.add("QUERY_STRING",
             question == std::string::npos ? "" : std::string_view(target).substr(question + 1));
  params.add("REQUEST_URI", target);
  params.add("REQUEST_SCHEME", "http");
  params.add("SERVER_PROTOCOL", request.getVersion());
  params.add("SERVER_SOFTWARE", "holdfast");
  params.add("GATEWAY_INTERFACE", "CGI/1.1");
  params.add("SERVER_NAME", server.host().toString());
  params.add("SERVER_PORT", std::to_string(server.port()));
  params.add("REMOTE_ADDR", client.host().toString());
  params.add("REMOTE_PORT", std::to_string(client.port()));

  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request) {
    if (isAmbiguous(name)) continue;
    const auto [found, fresh] = headers.emplace(paramName(name), value);
    if (!fresh) found->second += (found->first == "HTTP_COOKIE" ? "; " : ", ") + value;
  }
  for (const auto& [name, value] : headers) params.add(name, value);
  return std::nullopt;
}

}  // namespace holdfast
