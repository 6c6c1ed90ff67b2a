#include "host/site/error_page_html.h"

#include <algorithm>

#include "host/site/page_text.h"

namespace holdfast {

namespace {

constexpr char kStyle[] = R"(
:root{color-scheme:light dark;--paper:#f6f7f8;--card:#fff;--ink:#1a1f24;--quiet:#56606b;
--line:#d8dde2;--wrong:#b3261e;--mark:#fdecea;
--mono:ui-monospace,Consolas,"Liberation Mono",monospace}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1d2125;--ink:#e6e9ec;
--quiet:#a3adb7;--line:#363d45;--wrong:#ff9a91;--mark:#3a2321}}
*{box-sizing:border-box}
body{margin:0;padding:4vh 1rem 3rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:56rem;margin:auto}
h1{margin:.1rem 0 .4rem;font-size:1.7rem;line-height:1.2;text-wrap:balance}
h2{margin:0 0 .3rem;font-size:1rem}
p{margin:0 0 .5rem;max-width:44rem}
.status{margin:0;color:var(--wrong);font-weight:600}
.cause{font-size:1.1rem}
pre,code{font:.875rem/1.45 var(--mono);unicode-bidi:isolate}
pre{margin:.4rem 0 0;white-space:pre-wrap;tab-size:4}
.exact{margin:1rem 0 0;padding:.7rem 1rem;border-left:.3rem solid var(--wrong);
background:var(--mark);font-size:1rem;font-weight:600}
.card{margin:1rem 0 0;padding:.8rem 1rem;border:1px solid var(--line);border-radius:.4rem;
background:var(--card)}
.card>:last-child{margin-bottom:0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:0 1rem}
ol{margin:0;padding:0;list-style:none}
li pre{white-space:pre;overflow-x:auto}
li+li{margin-top:.8rem;padding-top:.8rem;border-top:1px solid var(--line)}
.place{margin:0;color:var(--quiet)}
.place b{color:var(--ink)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:1rem 0 0;
padding:.8rem 1rem;border-top:1px solid var(--line)}
dt{color:var(--quiet)}
dd{margin:0}
.id{user-select:all;-webkit-user-select:all;font-weight:600}
details.card{margin-top:.6rem}
summary{cursor:pointer}
summary h2{display:inline}
:focus-visible{outline:3px solid var(--wrong);outline-offset:2px}
footer{max-width:56rem;margin:1rem auto 0;padding:0 1rem;color:var(--quiet);font-size:.875rem}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--quiet:#333;--line:#999;--wrong:#000;
--mark:#fff}body{padding:0}
li pre{white-space:pre-wrap}details::details-content{content-visibility:visible;block-size:auto}}
)";

std::string element(const char* start, std::string_view text, const char* end) {
  return text.empty() ? "" : start + shownHtml(text) + end + '\n';
}

std::string guidance(const char* heading, std::string_view text) {
  if (text.empty()) return "";
  return std::string("<section class=\"card\">\n<h2>") + heading + "</h2>\n" +
         element("<p>", text, "</p>") + "</section>\n";
}

/// Code as the traceback has it is indented by four.
std::string outdented(std::string_view code) {
  std::string text;
  while (!code.empty()) {
    const std::size_t end = std::min(code.find('\n'), code.size());
    if (!text.empty()) text += '\n';
    text += code.substr(std::min<std::size_t>(4, end), end - std::min<std::size_t>(4, end));
    code.remove_prefix(std::min(end + 1, code.size()));
  }
  return text;
}

std::string frameItem(const TracebackFrame& frame) {
  const std::size_t name = frame.file.rfind('/') + 1;  // 0 if there is none
  std::string item = "<li><p class=\"place\">" + shownHtml(frame.file.substr(0, name)) + "<b>" +
                     shownHtml(frame.file.substr(name)) + "</b>, line <b>" + shownHtml(frame.line) +
                     "</b>";
  if (!frame.function.empty()) item += ", in <b>" + shownHtml(frame.function) + "</b>";
  item += "</p>";
  if (!frame.code.empty()) item += "<pre>" + shownHtml(outdented(frame.code)) + "</pre>";
  return item + "</li>\n";
}

std::string framesSection(const std::vector<TracebackFrame>& frames) {
  if (frames.empty()) return "";
  std::string section = "<section class=\"card\">\n<h2>Where in the app";
  section += frames.size() > 1 ? ", nearest to the error first</h2>\n<ol>\n" : "</h2>\n<ol>\n";
  for (const TracebackFrame& frame : frames) section += frameItem(frame);
  return section + "</ol>\n</section>\n";
}

std::string facts(const ErrorPageContent& content) {
  return "<dl>\n<dt>Request ID</dt><dd><code class=\"id\">" + shownHtml(content.request_id) +
         "</code></dd>\n<dt>Request</dt><dd><code>" + shownHtml(content.request) +
         "</code></dd>\n<dt>Time</dt><dd>" + shownHtml(content.time) + "</dd>\n</dl>\n";
}

// A line feed right after <pre> would be dropped (HTML, "Restrictions on content models").
std::string details(const ErrorPageContent::Section& section) {
  return std::string("<details class=\"card\"") + (section.open ? " open" : "") + "><summary><h2>" +
         shownHtml(section.part.title) + "</h2></summary><pre>\n" + shownHtml(section.part.text) +
         "</pre></details>\n";
}

}  // namespace

std::string renderHtml(const ErrorPageContent& content) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n";
  page += "<title>" + shownHtml(content.status.substr(0, 3) + ' ' + content.title) + "</title>\n";
  page += std::string("<style>") + kStyle + "</style>\n</head>\n<body>\n<main>\n";
  page += element("<p class=\"status\">", content.status, "</p>");
  page += element("<h1>", content.title, "</h1>");
  page += element("<p class=\"cause\">", content.cause, "</p>");
  page += element("<pre class=\"exact\">", content.exact, "</pre>");
  page += framesSection(content.own_frames);
  page += "<div class=\"pair\">\n" + guidance("If you are visiting this site", content.advice) +
          guidance("If you run this site", content.remedy) + "</div>\n";
  page += facts(content);
  for (const auto& section : content.sections) page += details(section);
  page += "</main>\n<footer>Sent by Holdfast, which runs this site's app.</footer>\n";
  return page + "</body>\n</html>\n";
}

}  // namespace holdfast
