#include "proxy/bridge/site_problem.h"

#include <algorithm>

#include "config/letter_case.h"
#include "config/printable.h"
#include "config/text_parts.h"

namespace holdfast::proxy {
namespace {

constexpr std::size_t kMaxReasonBytes = 1500;
constexpr std::size_t kMaxReasonLines = 12;
constexpr unsigned kMaxPause = 3600;

/// What the site says itself, if it is meant for people who read text.
std::string reasonOf(const HttpAnswer& answer) {
  if (!lowerCase(answer.header("Content-Type")).starts_with("text/plain")) return {};
  std::string reason;
  std::size_t lines = 0;
  for (std::string_view line :
       split(std::string_view(answer.body).substr(0, kMaxReasonBytes), '\n')) {
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (++lines > kMaxReasonLines) break;
    reason += (reason.empty() ? "" : "\n  ") + printable(line);
  }
  return reason;
}

/// `: REASON`, or nothing.
std::string withReason(const HttpAnswer& answer) {
  const std::string reason = reasonOf(answer);
  return reason.empty() ? "" : ": " + reason;
}

std::string statusText(const HttpAnswer& answer) {
  std::string text = std::to_string(answer.status);
  if (!answer.reason.empty()) text += ' ' + printable(answer.reason.substr(0, 60));
  return text;
}

std::chrono::seconds retryAfter(const HttpAnswer& answer) {
  const auto seconds = parseUnsigned(answer.header("Retry-After"), 10);
  return std::chrono::seconds(std::min(seconds.value_or(0), kMaxPause));
}

SiteProblem wrongSecret(const SiteUrl& url, const HttpAnswer& answer) {
  if (lowerCase(answer.header("WWW-Authenticate")).find("\"holdfast\"") == std::string::npos) {
    return {"401: something in front of Holdfast wants a login of its own for " + url.text() +
            ": let the web server pass " + url.path + " without it"};
  }
  if (url.secret.empty()) {
    return {
        "401: the site wants its secret, which is debug.secret (WSGI_PTVSD_SECRET) there: give "
        "it by HOLDFAST_SECRET, or before the host: wss://SECRET@" +
        url.authority() + url.path};
  }
  return {
      "401: the secret is not the one of this site, which is debug.secret "
      "(WSGI_PTVSD_SECRET) there. In an address, @ : / % # ? in a secret are written "
      "%40 %3A %2F %25 %23 %3F"};
}

SiteProblem moved(const SiteUrl& url, const HttpAnswer& answer) {
  return {statusText(answer) + ": " + url.text() + " leads to " +
          inQuotes(answer.header("Location")) +
          ". The secret is not sent there by itself: give that address, if it is the site's"};
}

SiteProblem noChannel(const SiteUrl& url, const HttpAnswer& answer) {
  return {statusText(answer) + ": there is no debug channel at " + url.text() +
          ". Is debugging on there (debug.secret, WSGI_PTVSD_SECRET), is its path another "
          "(debug.path), and does the web server pass the path on to Holdfast?"};
}

SiteProblem noHost(const SiteUrl& url, const HttpAnswer& answer) {
  return {statusText(answer) + ": the web server at " + url.authority() +
              " gets no answer from Holdfast. Is it running (holdfast status there), and does the "
              "web server pass " +
              url.path + " to its --channel listener?",
          true, retryAfter(answer)};
}

SiteProblem unavailable(const HttpAnswer& answer) {
  if (answer.header("Holdfast-Problem") == "engine") {
    const bool starting = !answer.header("Retry-After").empty();
    return {"the site's debug engine is not there" + withReason(answer), starting,
            retryAfter(answer)};
  }
  return {statusText(answer) + ": the site is not to be reached now" + withReason(answer), true,
          retryAfter(answer)};
}

SiteProblem tooMany(const HttpAnswer& answer) {
  const auto pause = retryAfter(answer);
  std::string text = "429: too many wrong secrets have come from your address";
  if (pause.count() > 0) text += ": try again in " + std::to_string(pause.count()) + " s";
  return {text, false, pause};
}

/// What means the same whatever was asked. \return without text if it is none of that
SiteProblem judgeStatus(const SiteUrl& url, const HttpAnswer& answer) {
  switch (answer.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return moved(url, answer);
    case 401:
      return wrongSecret(url, answer);
    case 403: {
      const std::string reason = withReason(answer);
      if (!reason.empty()) return {"403: the site refuses" + reason};
      return {"403: something in front of Holdfast refuses " + url.text() +
              ": let the web server pass " + url.path + " on"};
    }
    case 404:
    case 410:
      return noChannel(url, answer);
    case 429:
      return tooMany(answer);
    case 503:
      return unavailable(answer);
    case 504:
      return noHost(url, answer);
    default:
      return {};
  }
}

}  // namespace

SiteProblem judgeAnswer(const SiteUrl& url, const HttpAnswer& answer) {
  SiteProblem problem = judgeStatus(url, answer);
  if (!problem.text.empty()) return problem;
  if (answer.status == 502) return noHost(url, answer);
  if (answer.status >= 500) {
    return {statusText(answer) + ": the site fails" + withReason(answer), true};
  }
  return noChannel(url, answer);
}

bool showsMissingWebSockets(int status) {
  return status == 200 || status == 400 || status == 426 || status == 501 || status == 502;
}

SiteProblem judgeUpgrade(const SiteUrl& url, const HttpAnswer& answer,
                         const std::string& objection) {
  SiteProblem problem = judgeStatus(url, answer);
  if (!problem.text.empty()) return problem;
  if (showsMissingWebSockets(answer.status)) return webSocketsOff(url, answer);
  if (answer.status == 101) {
    return {"the site's answer is no WebSocket: " + objection +
            ". Something between here and Holdfast changes what is sent"};
  }
  return judgeAnswer(url, answer);
}

SiteProblem webSocketsOff(const SiteUrl& url, const HttpAnswer& answer) {
  std::string text = "WebSockets do not get through: the answer is " + statusText(answer) +
                     " where it should be 101" + withReason(answer) +
                     "\n  The web server must pass the upgrade of " + url.path + " on. ";
  const std::string server = lowerCase(answer.header("Server"));
  if (server.starts_with("nginx")) {
    text += "For nginx: a location " + url.path +
            " of its own, with proxy_pass to the --channel listener (fastcgi_pass carries no "
            "WebSocket), and in it proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
            "proxy_set_header Connection \"upgrade\"; and what else README has under \"Debug the "
            "live site\"";
  } else if (server.starts_with("apache")) {
    text +=
        "For Apache: ProxyPass to the --channel listener with upgrade=websocket (2.4.47), or "
        "mod_proxy_wstunnel";
  } else if (server.starts_with("lighttpd")) {
    text +=
        "For lighttpd: proxy.server to the --channel listener with proxy.header = (\"upgrade\" => "
        "\"enable\")";
  } else {
    text += "A proxy or a firewall in between may also be what stops it";
  }
  return {text + "\n  " + url.webText() + " in a browser shows how, and tries it live"};
}

SiteProblem judgeTunnel(const HttpProxy& proxy, const HttpAnswer& answer) {
  const std::string name = "the proxy " + proxy.text();
  if (answer.status == 407) {
    return {"407: " + name +
            (proxy.credentials.empty() ? " wants a name and a password" : " refuses the password") +
            ": give them as http://NAME:PASSWORD@HOST:PORT (only Basic is known here)"};
  }
  return {
      statusText(answer) + ": " + name +
          " makes no tunnel to the site. If the site can be reached directly, put its host into "
          "NO_PROXY",
      answer.status >= 500};
}

SiteProblem unknownHost(const std::string& host, const std::string& cause) {
  return {"there is no address for " + inQuotes(host) + " (" + printable(cause) +
          "): is the name right, and is this machine on the network?"};
}

SiteProblem noConnection(const std::string& place, const std::string& cause) {
  return {"no connection to " + place + ": " + cause +
              ". Is the site up, is the port right, and does no firewall stop it?",
          true};
}

SiteProblem noTls(const SiteUrl& url, const std::string& cause) {
  return {"no TLS with " + url.authority() + ": " + cause};
}

SiteProblem noHttp(const SiteUrl& url, bool said_something) {
  if (said_something)
    return {"what " + url.authority() + " answers is no HTTP: is the port right?"};
  return {url.authority() + " has ended the connection without an answer", true};
}

SiteProblem noAnswer(const SiteUrl& url, std::chrono::seconds limit) {
  return {url.text() + " has not answered within " + std::to_string(limit.count()) + " s", true};
}

}  // namespace holdfast::proxy
