#include "proxy/page/view_page.h"

#include <algorithm>
#include <vector>

#include "proxy/gate/audit.h"
#include "proxy/hold_json.h"
#include "proxy/hold_words.h"
#include "proxy/page/html_text.h"
#include "proxy/page/page_document.h"
#include "proxy/page/view_page_script.h"

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

std::string holdCard(const ViewPage& page) {
  const Hold& hold = *page.holds.hold;
  const bool known = hold.kind == Hold::Kind::kHeld;
  const std::string place = placeText(hold);
  std::string card = "<section class=\"card warning\">\n<h2>";
  card += known ? "The app is held" : "The app may be held";
  card += " for " + inWords(page.now - hold.since) + "</h2>\n";
  if (!place.empty()) {
    card += "<p><code>" + htmlText(place) + "</code>";
    if (!hold.reason.empty()) card += ": " + htmlText(hold.reason);
    card += "</p>\n";
  }
  if (!known) {
    card += "<p>What the debugger and the engine say to each other does not tell.</p>\n";
  }
  return card +
         "<p>To let it run on: the debugger is sent away, and its breakpoints are cleared.</p>\n"
         "<form method=\"post\" action=\"" +
         htmlText(page.path) + "/view/resume\"><input type=\"hidden\" name=\"token\" value=\"" +
         htmlText(page.form_token) +
         "\"><button id=\"resume\">Resume</button></form>\n</section>\n";
}

std::string requestsCard(const std::vector<HeldRequestReport>& requests) {
  std::string card = "<section class=\"card\">\n<h2>Requests that wait</h2>\n<dl>\n";
  const std::size_t shown = std::min(requests.size(), kMostHeldListed);
  for (std::size_t i = 0; i < shown; ++i) {
    const HeldRequestReport& request = requests[i];
    card += "<dt><code>" + htmlText(request.id) + "</code></dt><dd><code>" +
            htmlText(request.method + ' ' + request.path) + "</code>, for " + inWords(request.age) +
            ": " + htmlText(patienceText(request)) + "</dd>\n";
  }
  card += "</dl>\n";
  if (requests.size() > shown) {
    card += "<p>And " + std::to_string(requests.size() - shown) + " more.</p>\n";
  }
  return card + "</section>\n";
}

}  // namespace

std::string renderViewPage(const ViewPage& page) {
  PageDocument document;
  document.title = kTitle;
  document.script = kViewPageScript;
  document.body =
      "<p class=\"status good\">You have proven the secret</p>\n<h1>Private status</h1>\n"
      "<p>As it is now; without scripts, as it was when this page was loaded.</p>\n"
      "<div id=\"live\">\n";
  if (page.holds.hold) document.body += holdCard(page);
  if (!page.holds.requests.empty()) document.body += requestsCard(page.holds.requests);
  document.body += "<dl class=\"card\">\n";
  for (const auto& [name, text] : page.rows) {
    document.body += "<dt>" + htmlText(name) + "</dt><dd>" + htmlText(text) + "</dd>\n";
  }
  document.body += "</dl>\n</div>\n" + wayBack(page.path);
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
