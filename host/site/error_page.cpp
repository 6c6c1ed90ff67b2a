#include "host/site/error_page.h"

#include <Poco/String.h>
#include <Poco/StringTokenizer.h>

#include <algorithm>

#include "host/site/error_page_html.h"
#include "host/site/page_text.h"

namespace holdfast {

namespace {

/// The page can load nothing and run nothing, even if a text should get past the escaping.
constexpr char kPolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

std::string renderText(const ErrorPageContent& content) {
  std::string page = content.status + "\n\n" + content.title + "\n" + content.cause + "\n";
  if (!content.exact.empty()) page += "\n" + content.exact + "\n";
  if (!content.advice.empty()) page += "\nIf you are visiting this site: " + content.advice + "\n";
  if (!content.remedy.empty()) page += "\nIf you run this site: " + content.remedy + "\n";
  page += "\nRequest ID  " + content.request_id + "\nRequest     " + content.request +
          "\nTime        " + content.time + "\n";
  for (const auto& section : content.sections) {
    page += "\n--- " + section.part.title + "\n" + section.part.text;
    if (!page.ends_with('\n')) page += '\n';
  }
  return shownText(page);
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

/// Web servers differ in what they make of a path; REQUEST_URI is what the client wrote.
std::string pathOf(const Params& params) {
  const std::string_view uri = params.get("REQUEST_URI");
  if (!uri.empty()) return std::string(uri.substr(0, uri.find_first_of("?#")));
  return std::string(params.get("SCRIPT_NAME")) + std::string(params.get("PATH_INFO"));
}

}  // namespace

std::string renderErrorPage(const Failure& failure, const FailedRequest& request, PageType type,
                            bool show_detail) {
  const ErrorPageContent content = contentOf(failure, request, show_detail);
  return type == PageType::kHtml ? renderHtml(content) : renderText(content);
}

void answerWithErrorPage(Request& request, const Failure& failure, bool show_detail,
                         std::chrono::system_clock::time_point now) {
  const Params& params = request.params;
  const std::string_view method = params.get("REQUEST_METHOD");
  const bool html = acceptsHtml(params);
  const std::string page =
      renderErrorPage(failure, {request.id, std::string(method), pathOf(params), now},
                      html ? PageType::kHtml : PageType::kPlainText, show_detail);
  AnswerHead head;
  head.status = failure.status;
  head.headers = {{"Content-Type", html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"},
                  {"Content-Length", std::to_string(page.size())},
                  {"Cache-Control", "no-store"},
                  {"X-Content-Type-Options", "nosniff"}};
  if (html) head.headers.emplace_back("Content-Security-Policy", kPolicy);
  if (failure.retry_after_s != 0) {
    head.headers.emplace_back("Retry-After", std::to_string(failure.retry_after_s));
  }
  request.start(head);
  if (method != "HEAD") writeAll(request, page);
  request.finish();
}

}  // namespace holdfast
