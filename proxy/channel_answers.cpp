#include "proxy/channel_answers.h"

#include <Poco/Net/HTTPResponse.h>

#include <utility>

#include "proxy/page/page_document.h"

namespace holdfast::proxy {

namespace {

ChannelAnswer answer(int status, HeaderFields headers, std::string body) {
  using Poco::Net::HTTPResponse;
  ChannelAnswer result;
  result.status = status;
  result.reason = HTTPResponse::getReasonForStatus(static_cast<HTTPResponse::HTTPStatus>(status));
  result.headers = std::move(headers);
  result.body = std::move(body);
  return result;
}

HeaderFields plainHeaders(const char* type) {
  return {
      {"Content-Type", type}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
}

}  // namespace

ChannelAnswer textAnswer(int status, const std::string& text, const std::string& problem) {
  HeaderFields headers = plainHeaders("text/plain; charset=utf-8");
  if (!problem.empty()) headers.emplace_back(kProblemHeader, problem);
  return answer(status, std::move(headers), text + '\n');
}

ChannelAnswer jsonAnswer(const std::string& json) {
  return answer(200, plainHeaders("application/json"), json + '\n');
}

ChannelAnswer pageAnswer(int status, std::string html, std::string_view script) {
  return answer(status, documentHeaders(script), std::move(html));
}

ChannelAnswer methodNotAllowed(const std::string& allowed) {
  ChannelAnswer result = textAnswer(405, "This path takes " + allowed + " only.");
  result.headers.emplace_back("Allow", allowed);
  return result;
}

void addRefusalHeaders(const GateVerdict& verdict, HeaderFields& headers) {
  headers.emplace_back(kProblemHeader, verdict.problem);
  // Never Basic: a browser would ask for the secret, keep it, and send it along with every request
  // of the site's pages.
  if (verdict.status == 401) headers.emplace_back("WWW-Authenticate", "Bearer realm=\"holdfast\"");
  if (verdict.status == 429) {
    headers.emplace_back("Retry-After", std::to_string(verdict.retry_after.count()));
  }
}

ChannelAnswer refusal(const GateVerdict& verdict) {
  ChannelAnswer result = textAnswer(verdict.status, verdict.text);
  addRefusalHeaders(verdict, result.headers);
  return result;
}

}  // namespace holdfast::proxy
