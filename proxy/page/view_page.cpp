#include "proxy/page/view_page.h"

#include "proxy/page/html_text.h"
#include "proxy/page/page_document.h"

namespace holdfast::proxy {

namespace {

constexpr char kTitle[] = "Debugging: private status";

std::string wayBack(const std::string& path) {
  return "<p class=\"card\"><a href=\"" + htmlText(path) + "\">How to attach a debugger</a></p>\n";
}

}  // namespace

std::string renderViewPage(const std::string& path, const ViewRows& rows) {
  PageDocument document;
  document.title = kTitle;
  document.body =
      "<p class=\"status good\">You have proven the secret</p>\n<h1>Private status</h1>\n"
      "<p>As it was when this page was loaded; load it again for what is now.</p>\n"
      "<dl class=\"card\">\n";
  for (const auto& [name, text] : rows) {
    document.body += "<dt>" + htmlText(name) + "</dt><dd>" + htmlText(text) + "</dd>\n";
  }
  document.body += "</dl>\n" + wayBack(path);
  return renderDocument(document);
}

std::string renderViewForm(const std::string& path, const std::string& objection) {
  PageDocument document;
  document.title = kTitle;
  document.body =
      "<h1>Private status</h1>\n"
      "<p>Workers and the debugger's session, for those who know the secret "
      "(<code>WSGI_PTVSD_SECRET</code>). It opens this view for an hour, and nothing else.</p>\n";
  if (!objection.empty()) {
    document.body += "<p class=\"status wrong\" role=\"alert\">" + htmlText(objection) + "</p>\n";
  }
  document.body +=
      "<form class=\"card\" method=\"post\" action=\"" + htmlText(path) +
      "/view\">\n<input name=\"user\" value=\"holdfast\" autocomplete=\"username\" hidden>\n"
      "<label>Secret<input type=\"password\" name=\"secret\" "
      "autocomplete=\"current-password\" required autofocus></label>\n"
      "<button>Show</button>\n</form>\n" +
      wayBack(path);
  return renderDocument(document);
}

}  // namespace holdfast::proxy
