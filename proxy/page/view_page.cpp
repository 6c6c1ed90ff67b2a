#include "proxy/page/view_page.h"

#include "proxy/page/html_text.h"
#include "proxy/page/page_document.h"

namespace holdfast::proxy {

namespace {

constexpr char kTitle[] = "Debugging: private status";

/// A password manager would keep the secret for the whole origin, so that a script that slips into
/// a page of the app (XSS) gets it filled in, and with it runs code. Browsers offer to store what
/// is of type `password` whatever `autocomplete` says; a text that is masked they do not.
constexpr char kSecretField[] =
    "<label>Secret<input class=\"masked\" type=\"text\" name=\"secret\" autocomplete=\"off\" "
    "autocapitalize=\"none\" autocorrect=\"off\" spellcheck=\"false\" data-1p-ignore "
    "data-bwignore data-lpignore=\"true\" required autofocus></label>\n";

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
      "/view\" autocomplete=\"off\">\n" + std::string(kSecretField) +
      "<button>Show</button>\n"
      "<p>Keep it in no browser: a browser fills it into any page of this site, also where "
      "somebody else's script reads it.</p>\n</form>\n" +
      wayBack(path);
  return renderDocument(document);
}

}  // namespace holdfast::proxy
