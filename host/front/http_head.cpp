#include "host/front/http_head.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/String.h>
#include <Poco/Timestamp.h>

#include <algorithm>
#include <sstream>

namespace holdfast {

namespace {

// The limits of Poco's parser, which does not say which of them was passed.
constexpr std::size_t kMaxUrlBytes = 16 * 1024;
constexpr std::size_t kMaxHeaderBytes = 8 * 1024;
constexpr std::size_t kMaxHeaders = 100;

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

HttpRefusal whatIsWrongWith(std::string_view head) {
  const std::string_view first = head.substr(0, head.find('\n'));
  if (first.size() > kMaxUrlBytes) return {414, "The URL has more than 16 KiB."};
  std::size_t lines = 0;
  for (std::string_view rest = head.substr(first.size()); !rest.empty(); ++lines) {
    const std::size_t length = std::min(rest.find('\n', 1), rest.size());
    if (length > kMaxHeaderBytes) return {431, "A header has more than 8 KiB."};
    rest.remove_prefix(length);
  }
  if (lines > kMaxHeaders) return {431, "There are more than 100 headers."};
  return {400, "This is not a correctly written HTTP request."};
}

}  // namespace

std::size_t endOfHead(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    const std::string_view next = text.substr(at + 1, 2);
    if (next.starts_with('\n')) return at + 2;
    if (next == "\r\n") return at + 3;
  }
  return std::string_view::npos;
}

std::optional<HttpRefusal> parseHead(std::string_view head, Poco::Net::HTTPRequest& request) {
  try {
    std::istringstream stream{std::string(head)};
    request.read(stream);
  } catch (const Poco::Exception&) {
    return whatIsWrongWith(head);
  }
  return std::nullopt;
}

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
