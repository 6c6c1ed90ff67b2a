#include "proxy/page/info_page.h"

#include <string_view>

#include "proxy/gate/audit.h"
#include "proxy/gate/web_server_remedies.h"
#include "proxy/page/attach_guides.h"
#include "proxy/page/html_text.h"
#include "proxy/page/info_page_script.h"
#include "proxy/page/page_document.h"

namespace holdfast::proxy {

namespace {

constexpr std::size_t kMaxHostBytes = 255;

std::string row(const char* name, const std::string& html) {
  return std::string("<dt>") + name + "</dt><dd>" + html + "</dd>\n";
}

std::string warning(const char* heading, const std::string& html) {
  return std::string("<section class=\"card warning\">\n<h2>") + heading + "</h2>\n<p>" + html +
         "</p>\n</section>\n";
}

std::string headline(const InfoPage& page) {
  if (page.expired) return "<p class=\"status wrong\">Debugging has expired</p>\n";
  switch (page.engine.kind) {
    case EngineState::kReady:
      return std::string("<p class=\"status good\">Debugging is on") +
             (page.engine.import_waits ? "; the import of the app waits for a debugger" : "") +
             "</p>\n";
    case EngineState::kStarting:
      return "<p class=\"status\">Debugging is on; the debug engine is starting</p>\n";
    case EngineState::kFailed:
    case EngineState::kOff:
      break;
  }
  return "<p class=\"status wrong\">Debugging is on, but no debugger can attach</p>\n";
}

std::string engineText(const EngineState& engine) {
  std::string name = htmlText(engine.name);
  if (!name.empty() && !engine.version.empty()) name += ' ' + htmlText(engine.version);
  const std::string prefix = name.empty() ? "" : name + ", ";
  switch (engine.kind) {
    case EngineState::kReady:
      return prefix + "<span class=\"good\">ready</span>" +
             (engine.import_waits ? "; its worker imports the app once a debugger has attached, as "
                                    "<code>debug.wait</code> says"
                                  : "");
    case EngineState::kStarting:
      return prefix + "starting";
    case EngineState::kFailed:
      return prefix + "<span class=\"wrong\">not usable: see below</span>";
    case EngineState::kOff:
      break;
  }
  return "<span class=\"wrong\">none runs</span>";
}

std::string wayText(const InfoPage& page) {
  if (page.tls) return "HTTPS";
  if (page.loopback) return "HTTP, within this machine";
  if (!page.confidential && page.scheme_unsaid) {
    return "<span class=\"wrong\">the web server does not say: see below</span>";
  }
  if (!page.confidential) return "<span class=\"wrong\">HTTP, not encrypted: see below</span>";
  return "<span class=\"wrong\">HTTP, not encrypted</span>: others can read the secret, which is "
         "taken all the same, as <code>debug.allow_insecure</code> says";
}

std::string facts(const InfoPage& page) {
  std::string rows = row("Debug engine", engineText(page.engine));
  if (!page.engine.python.empty()) rows += row("Python", htmlText(page.engine.python));
  rows += row("WebSockets",
              "<span id=\"probe\">were not tried: the script of this page does not run</span>");
  rows += row("Connection", wayText(page));
  if (page.time_left && !page.expired) {
    rows += row("Expires", "in " + inWords(*page.time_left));
  }
  rows += row("Requests", page.only_marked
                              ? "those with the cookie <code>holdfast-debug</code> or the header "
                                "<code>X-Holdfast-Debug</code> go to the debugged worker"
                              : "all go to the debugged worker while a debugger is attached");
  return "<dl class=\"card\">\n" + rows + "</dl>\n";
}

std::string problems(const InfoPage& page) {
  std::string html;
  if (page.expired) {
    html += warning("Debugging has expired",
                    "It is on only for the time that <code>debug.expires</code> says. Start the "
                    "site's host anew, or set another secret (<code>holdfast secret</code> makes "
                    "one).");
  }
  if (page.engine.kind == EngineState::kFailed) {
    html +=
        "<section class=\"card\">\n<h2>The debug engine does not run</h2>\n"
        "<pre class=\"exact copy\">\n" +
        htmlText(page.engine.problem) +
        "</pre>\n<p>The site itself is not affected.</p>\n</section>\n";
  }
  if (page.weak_secret) {
    html += warning("The secret is too short",
                    "It has fewer than 16 characters. Whoever guesses it can run code on this "
                    "machine. <code>holdfast secret</code> prints a good one.");
  }
  if (!page.confidential && page.scheme_unsaid) {
    html += warning("The web server does not say whether you use HTTPS",
                    "The secret is not taken this way. Let the web server send "
                    "<code>X-Forwarded-Proto</code>: " +
                        htmlText(kForwardedProtoRemedy));
  } else if (!page.confidential) {
    html += warning("This page did not come by HTTPS",
                    "The secret is not taken this way, because others could read it. Use "
                    "<code>https://</code>. If TLS ends at a web server or load balancer, let it "
                    "send <code>X-Forwarded-Proto</code>, and name it in "
                    "<code>server.trusted_hops</code>.");
  }
  if (!page.client_is_known) {
    html += warning("The web server does not say who you are",
                    "So one who guesses secrets locks out everybody. Let the web server set "
                    "<code>X-Forwarded-For</code> to the client's address.");
  }
  return html;
}

std::string remedy(const InfoPage& page) {
  std::string html =
      "<section class=\"card warning\" id=\"remedy\" hidden>\n"
      "<h2>WebSockets do not get through</h2>\n<p>";
  if (page.by_fastcgi) {
    html +=
        "This page came to Holdfast by FastCGI, which carries no WebSocket. Let the web server "
        "pass the path on by HTTP, to the host's channel listener.";
  } else {
    html +=
        "This page came through by HTTP, but a WebSocket on the same path did not. As a rule the "
        "web server, or a proxy before it, drops the headers <code>Upgrade</code> and "
        "<code>Connection</code>, or passes on another <code>Host</code> than the browser's.";
  }
  html += "</p>\n";
  if (page.listener.empty()) {
    html +=
        "<p>Start the host with <code>--channel unix:/run/holdfast/channel.sock</code> (setting "
        "<code>server.channel</code>), and configure the web server so:</p>\n";
  } else {
    html += "<p>Configure the web server so:</p>\n";
  }
  return html + webServerRemedies(page.path, page.listener) + "</section>\n";
}

/// The script puts the browser's own idea of the address in place of the host's.
std::string address(const InfoPage& page, const char* secret) {
  return std::string("<span class=\"scheme\">") + (page.tls ? "wss://" : "ws://") + "</span>" +
         secret + "<span class=\"address\">" + htmlText(page.host + page.path) + "</span>";
}

std::string steps(const InfoPage& page) {
  return "<section class=\"card\">\n<h2>1. Open the way</h2>\n"
         "<p>On your machine, in the folder of the app's sources; put the site's secret "
         "(<code>WSGI_PTVSD_SECRET</code>) where it says so:</p>\n<pre class=\"copy\">"
         "holdfast attach " +
         address(page, "<span class=\"blank\">&lt;secret&gt;</span>@") +
         "</pre>\n<p>Or keep it out of the shell's history; then it asks:</p>\n"
         "<pre class=\"copy\">holdfast attach " +
         address(page, "") +
         "</pre>\n<p>It waits at <code>127.0.0.1:5678</code> for your editor.</p>\n</section>\n"
         "<section class=\"card\">\n<h2>2. Attach your editor</h2>\n" +
         attachGuides(page.host) + "</section>\n";
}

bool isHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(".-_:[]").find(c) != std::string_view::npos;
}

}  // namespace

std::string renderInfoPage(const InfoPage& page) {
  PageDocument document;
  document.title = "Attach a debugger to " + page.host;
  document.script = kInfoPageScript;
  document.body = headline(page) +
                  "<h1>Attach a debugger to this site</h1>\n"
                  "<p class=\"cause\">Whoever knows the site's secret can debug its app through "
                  "this very address. Without it nothing gets through.</p>\n" +
                  facts(page) + problems(page) + remedy(page) + steps(page) +
                  "<p class=\"card\"><a href=\"" + htmlText(page.path) +
                  "/view\">Private status view</a>: workers and the debugger's session, for those "
                  "who know the secret.</p>\n";
  return renderDocument(document);
}

std::string shownHost(const ChannelRequest& request) {
  const auto host = request.header("Host");
  if (!host || host->empty() || host->size() > kMaxHostBytes) return "SITE";
  for (const char c : *host) {
    if (!isHostCharacter(c)) return "SITE";
  }
  return std::string(*host);
}

}  // namespace holdfast::proxy
