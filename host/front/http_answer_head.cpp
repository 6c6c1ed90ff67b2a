#include "host/front/http_answer_head.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/String.h>
#include <Poco/Timestamp.h>

#include <algorithm>

namespace holdfast {

namespace {

std::string statusLine(int status, const std::string& reason) {
  return "HTTP/1.1 " + std::to_string(status) + ' ' +
         (reason.empty() ? reasonFor(status) : reason) + "\r\n";
}

std::string dateHeader() {
  return "Date: " +
         Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT) +
         "\r\n";
}

bool hasHeader(const AnswerHead& head, const char* name) {
  return std::any_of(head.headers.begin(), head.headers.end(),
                     [&](const auto& header) { return Poco::icompare(header.first, name) == 0; });
}

}  // namespace

std::string encodeRefusal(const HttpRefusal& refusal) {
  return statusLine(refusal.status, "") + dateHeader() +
         "Content-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(refusal.why.size() + 1) + "\r\nConnection: close\r\n\r\n" + refusal.why +
         "\n";
}

Framing framingFor(const AnswerHead& head, bool head_request, bool http10) {
  if (head_request || head.status == 204 || head.status == 304) return Framing::kNoBody;
  if (hasHeader(head, "Content-Length")) return Framing::kLength;
  return http10 ? Framing::kClose : Framing::kChunked;
}

std::string encodeHead(const AnswerHead& head, Framing framing, bool http10, bool keep_alive) {
  std::string text = statusLine(head.status, head.reason);
  for (const auto& [name, value] : head.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!hasHeader(head, "Date")) text += dateHeader();
  if (framing == Framing::kChunked) text += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive) text += "Connection: close\r\n";
  if (keep_alive && http10) text += "Connection: keep-alive\r\n";
  return text + "\r\n";
}

}  // namespace holdfast
