#include "host/hold/held_answers.h"

#include <algorithm>

#include "host/hold/held_token.h"
#include "proxy/page/html_text.h"
#include "proxy/page/page_document.h"

namespace holdfast {

namespace {

/// Shows what the private view knows, to those who have it open.
constexpr std::string_view kScript = R"js(
"use strict";
const path = document.querySelector("main [data-path]").dataset.path;

function inWords(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? whole + " s" : Math.floor(whole / 60) + " min " + (whole % 60) + " s";
}

async function show() {
  const answer = await fetch(path + "/view/hold", { credentials: "same-origin" });
  if (!answer.ok) return clearInterval(timer);
  const { hold } = await answer.json();
  const place = document.getElementById("hold");
  if (!hold) {
    place.textContent = "The app runs again.";
  } else {
    place.textContent = "Held " + (hold.file ? "at " + hold.file + ":" + hold.line + " in " +
      hold.function + " " : "") + (hold.thread ? "(" + hold.thread + ") " : "") + "for " +
      inWords(hold.since_seconds) + ".";
  }
  place.hidden = false;
}

const again = () => show().catch(() => {});
const timer = setInterval(again, 2000);
again();
)js";

bool isHeaderText(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

AnswerHead redirectTo(std::string_view query, std::string_view origin) {
  AnswerHead head;
  head.status = 303;
  head.headers = {{"Location", "?" + std::string(query)},
                  {"Cache-Control", "no-store"},
                  {"Content-Length", "0"}};
  if (!origin.empty() && urlText(origin) == origin) {
    head.headers.emplace_back("Access-Control-Allow-Origin", origin);
    head.headers.emplace_back("Access-Control-Allow-Credentials", "true");
    head.headers.emplace_back("Vary", "Origin");
  }
  return head;
}

AnswerHead preflightAnswer(const Params& params) {
  AnswerHead head;
  head.status = 204;
  const auto echo = [&](const char* name, const char* param) {
    const std::string_view value = params.get(param);
    if (isHeaderText(value)) head.headers.emplace_back(name, value);
  };
  echo("Access-Control-Allow-Origin", "HTTP_ORIGIN");
  echo("Access-Control-Allow-Methods", "HTTP_ACCESS_CONTROL_REQUEST_METHOD");
  echo("Access-Control-Allow-Headers", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS");
  head.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  head.headers.emplace_back("Access-Control-Max-Age", "0");
  head.headers.emplace_back("Cache-Control", "no-store");
  return head;
}

AnswerHead nginxHopTo(std::string_view query, std::string_view path, std::string_view hop_query) {
  AnswerHead head;
  head.status = 303;
  // No Cache-Control: nginx would add it to the app's own headers.
  head.headers = {{"Location", "?" + std::string(query)},
                  {"X-Accel-Redirect", std::string(path).append("?").append(hop_query)},
                  {"Content-Length", "0"}};
  return head;
}

AnswerHead localRedirectTo(std::string_view path, std::string_view hop_query) {
  AnswerHead head;
  head.status = 200;
  // Nothing else: mod_fcgid would add it to the app's own headers.
  head.headers = {{"Location", std::string(path).append("?").append(hop_query)}};
  return head;
}

bool isNavigation(const Params& params) {
  if (params.get("REQUEST_METHOD") != "GET") return false;
  const auto mode = params.find("HTTP_SEC_FETCH_MODE");
  if (mode) return *mode == "navigate" && params.get("HTTP_SEC_FETCH_DEST") == "document";
  // Browsers say more only where nobody can listen (TLS, loopback).
  return params.get("HTTP_UPGRADE_INSECURE_REQUESTS") == "1" &&
         params.get("HTTP_ACCEPT").find("text/html") != std::string_view::npos;
}

HeldPage heldPage(std::string_view query, const std::string& debug_path) {
  proxy::PageDocument document;
  document.title = "This request is held";
  document.body =
      "<p class=\"status\">Held at a breakpoint</p>\n"
      "<h1>This request is held</h1>\n"
      "<p>A developer is debugging this site and has stopped the app in the middle of this "
      "request. The answer appears here by itself as soon as the app goes on: please leave this "
      "page open.</p>\n"
      "<p class=\"card\" id=\"hold\" hidden></p>\n"
      "<p data-path=\"" +
      proxy::htmlText(debug_path) + "\"><a href=\"" + proxy::htmlText(debug_path) +
      "/view\" target=\"_blank\" rel=\"noopener\">Where it is held</a>, for those who know the "
      "debug secret.</p>\n";
  document.script = kScript;
  HeldPage page;
  page.body = proxy::renderDocument(document);
  page.head.status = 200;
  page.head.headers = proxy::documentHeaders(kScript);
  // Browsers count redirects, but not this (HTML, section "Shared declarative refresh steps").
  page.head.headers.emplace_back("Refresh", "0; url=?" + std::string(query));
  page.head.headers.emplace_back("Content-Length", std::to_string(page.body.size()));
  return page;
}

}  // namespace holdfast
