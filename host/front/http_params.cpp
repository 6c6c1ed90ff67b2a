#include "host/front/http_params.h"

#include <Poco/String.h>

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

}  // namespace

bool paramsFromHttp(const RequestHead& head, const HttpEnds& ends, Params& params) {
  const std::string& target = head.target;
  const std::size_t question = target.find('?');
  const auto path = percentDecoded(std::string_view(target).substr(0, question));
  if (!path) return false;

  params.add("REQUEST_METHOD", head.method);
  params.add("SCRIPT_NAME", "");
  params.add("PATH_INFO", *path);
  params.add("QUERY_STRING",
             question == std::string::npos ? "" : std::string_view(target).substr(question + 1));
  params.add("REQUEST_URI", target);
  params.add("REQUEST_SCHEME", ends.tls ? "https" : "http");
  if (ends.tls) params.add("HTTPS", "on");
  params.add("SERVER_PROTOCOL", head.http10 ? "HTTP/1.0" : "HTTP/1.1");
  params.add("SERVER_SOFTWARE", "holdfast");
  params.add("GATEWAY_INTERFACE", "CGI/1.1");
  params.add("SERVER_NAME", ends.server);
  params.add("SERVER_PORT", ends.server_port);
  params.add("REMOTE_ADDR", ends.client);
  if (!ends.isLocal()) params.add("REMOTE_PORT", ends.client_port);

  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : head.headers) {
    if (isAmbiguous(name)) continue;
    const auto [found, fresh] = headers.emplace(paramName(name), value);
    if (!fresh) found->second += (found->first == "HTTP_COOKIE" ? "; " : ", ") + value;
  }
  for (const auto& [name, value] : headers) params.add(name, value);
  return true;
}

}  // namespace holdfast
