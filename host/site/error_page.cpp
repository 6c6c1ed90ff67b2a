#include "host/site/error_page.h"

#include <Poco/String.h>
#include <Poco/StringTokenizer.h>

#include <algorithm>
#include <cstring>

namespace holdfast {

namespace {

constexpr std::size_t kMaxShownDetail = 200 * 1024;

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

constexpr char kStyle[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:8vh auto;padding:0 1rem;"
    "color:#1c2024;background:#fff}h1{font-size:1.4rem;margin:0 0 1rem}"
    ".status{color:#b3261e;font-weight:600}p{margin:.5rem 0}"
    "pre{background:#f3f4f6;padding:1rem;overflow:auto;font-size:13px;line-height:1.4}"
    "footer{margin-top:2rem;color:#5f6770;font-size:14px}"
    "@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#16181a}"
    "pre{background:#222528}.status{color:#ff8a80}footer{color:#9aa2a9}}";

std::string renderHtml(const Failure& failure, const std::string& cause,
                       const std::string& request_id, std::string_view detail) {
  const std::string status = std::to_string(failure.status);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
      status + ' ' + escaped(failure.title) + "</title>\n<style>" + kStyle +
      "</style></head><body>\n<p class=\"status\">" + status + ' ' +
      escaped(reasonFor(failure.status)) + "</p>\n<h1>" + escaped(failure.title) + "</h1>\n<p>" +
      escaped(cause) + "</p>\n<p>" + escaped(failure.remedy) + "</p>\n";
  if (!detail.empty()) page += "<pre>" + escaped(detail) + "</pre>\n";
  page += "<footer>Request " + request_id + " &middot; Holdfast</footer>\n</body></html>\n";
  return page;
}

std::string renderText(const Failure& failure, const std::string& cause,
                       const std::string& request_id, std::string_view detail) {
  std::string page = std::to_string(failure.status) + ' ' + reasonFor(failure.status) + "\n\n" +
                     failure.title + "\n" + cause + "\n" + failure.remedy + "\n";
  if (!detail.empty()) page.append("\n").append(detail).append("\n");
  return page + "\nRequest " + request_id + "\n";
}

/// `text/html;q=0` means: not that.
bool acceptsHtml(const Params& params) {
  const Poco::StringTokenizer ranges(Poco::toLower(std::string(params.get("HTTP_ACCEPT"))), ",",
                                     Poco::StringTokenizer::TOK_TRIM);
  for (const std::string& range : ranges) {
    const Poco::StringTokenizer parts(range, ";", Poco::StringTokenizer::TOK_TRIM);
    if (parts.count() == 0 || (parts[0] != "text/html" && parts[0] != "text/*")) continue;
    const bool refused = std::any_of(parts.begin() + 1, parts.end(), [](const std::string& part) {
      return part.starts_with("q=0") && part.find_first_not_of(".0", 2) == std::string::npos;
    });
    if (!refused) return true;
  }
  return false;
}

/// Request::write wants scratch in front of each chunk.
void writeAll(Request& request, std::string_view text) {
  std::vector<std::byte> chunk;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), Request::kMaxChunkBytes);
    chunk.resize(Request::kHeadroomBytes + size);
    std::memcpy(chunk.data() + Request::kHeadroomBytes, text.data(), size);
    request.write(std::span(chunk).subspan(Request::kHeadroomBytes));
    request.flush();
    text.remove_prefix(size);
  }
}

}  // namespace

std::string renderErrorPage(const Failure& failure, const std::string& request_id, bool html,
                            bool show_detail) {
  const std::string_view detail =
      show_detail ? std::string_view(failure.detail).substr(0, kMaxShownDetail) : "";
  const std::string& cause = show_detail && !failure.exact.empty() ? failure.exact : failure.cause;
  return html ? renderHtml(failure, cause, request_id, detail)
              : renderText(failure, cause, request_id, detail);
}

void answerWithErrorPage(Request& request, const Failure& failure, bool show_detail) {
  const bool html = acceptsHtml(request.params);
  const std::string page = renderErrorPage(failure, request.id, html, show_detail);
  AnswerHead head;
  head.status = failure.status;
  head.headers = {{"Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"},
                  {"Content-Length", std::to_string(page.size())},
                  {"Cache-Control", "no-store"}};
  if (failure.retry_after_s != 0) {
    head.headers.emplace_back("Retry-After", std::to_string(failure.retry_after_s));
  }
  request.start(head);
  if (request.params.get("REQUEST_METHOD") != "HEAD") writeAll(request, page);
  request.finish();
}

}  // namespace holdfast
