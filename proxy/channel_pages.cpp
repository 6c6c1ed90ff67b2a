// What a person or the bridge reads of the channel; who may attach is in channel.cpp.
#include <utility>

#include "config/ip_network.h"
#include "proxy/channel.h"
#include "proxy/channel_answers.h"
#include "proxy/gate/audit.h"
#include "proxy/gate/request_origin.h"
#include "proxy/page/info_page.h"
#include "proxy/page/info_page_script.h"
#include "proxy/page/source_hash.h"
#include "proxy/page/view_page.h"
#include "proxy/query_parameter.h"
#include "proxy/state_report.h"

namespace holdfast::proxy {

ChannelAnswer Channel::infoPage(const ChannelRequest& request) const {
  const Clock::time_point now = now_();
  InfoPage page;
  page.path = plan_.path;
  page.host = shownHost(request);
  page.engine = events_.engine();
  page.expired = gate_.isExpired(now);
  if (gate_.expiry()) page.time_left = *gate_.expiry() - now;
  page.weak_secret = gate_.isWeak();
  page.tls = request.tls;
  page.loopback = request.loopback;
  page.scheme_unsaid = request.scheme_unsaid;
  page.confidential = gate_.isConfidential(request);
  page.by_fastcgi = !request.can_upgrade;
  page.client_is_known = parseIpAddress(request.client).has_value();
  page.only_marked = plan_.route == "marked";
  page.listener = plan_.listener;
  return pageAnswer(200, renderInfoPage(page), kInfoPageScript);
}

std::string Channel::appRoot(const EngineState& engine) const {
  return engine.app_root.empty() ? plan_.app_root : engine.app_root;
}

ChannelAnswer Channel::state(const ChannelRequest& request) {
  if (auto answer = refused(request)) return *answer;
  StateReport report;
  report.engine = events_.engine();
  report.session = seat_.view();
  report.now = now_();
  report.app_root = appRoot(report.engine);
  report.route = plan_.route;
  report.version = plan_.version;
  return jsonAnswer(stateJson(report));
}

ChannelAnswer Channel::source(const ChannelRequest& request) {
  if (auto answer = refused(request)) return *answer;
  const auto file = queryParameter(request.query, "file");
  if (!file) return textAnswer(400, "Name a file: ?file=PATH, relative to the app root.");
  const auto hash = sourceHash(appRoot(events_.engine()), *file);
  if (!hash) return textAnswer(404, "There is no such file below the app root.");
  return jsonAnswer("{\"sha256\":\"" + *hash + "\"}");
}

ChannelAnswer Channel::statusView(const ChannelRequest& request) {
  const Clock::time_point now = now_();
  if (gate_.isExpired(now) || !view_tokens_.opens(request, now)) {
    return pageAnswer(200, renderViewForm(plan_.path, ""));
  }
  return pageAnswer(200, renderViewPage(plan_.path, viewRows()));
}

ChannelAnswer Channel::openStatusView(const ChannelRequest& request) {
  const Clock::time_point now = now_();
  if (request.hasHeader("Origin") && !isSameOrigin(request)) {
    return textAnswer(403, "The form was sent by a page of another site.", "origin");
  }
  const Secret given(queryParameter(request.body, "secret").value_or(""));
  const GateVerdict verdict = gate_.judge(request, given, now);
  if (!verdict.passed()) {
    ChannelAnswer answer = pageAnswer(
        verdict.status,
        renderViewForm(plan_.path, verdict.status == 401 ? "The secret is wrong." : verdict.text));
    addRefusalHeaders(verdict, answer.headers);
    return answer;
  }
  events_.audit(LogLevel::kInfo,
                "Debug channel: " + auditName(request.client) + " opened the private status view");
  ChannelAnswer answer = textAnswer(303, "");
  answer.headers.emplace_back("Location", "view");
  answer.headers.emplace_back("Set-Cookie", view_tokens_.issue(plan_.path, request.tls, now));
  return answer;
}

ViewRows Channel::viewRows() const {
  const Clock::time_point now = now_();
  const EngineState engine = events_.engine();
  ViewRows rows;
  rows.emplace_back("Debugger", "none is attached");
  if (const auto session = seat_.view()) {
    rows.back().second = (session->name.empty() ? "one" : session->name) + " of " +
                         auditName(session->client) + ", for " + inWords(now - session->since);
  }
  rows.emplace_back("Debug engine",
                    engine.name + ' ' + engine.version + " (" + nameOf(engine.kind) + ")");
  if (!engine.detail.empty()) rows.emplace_back("Its problem", engine.detail);
  rows.emplace_back("Python", engine.python);
  rows.emplace_back("App root", appRoot(engine));
  if (gate_.expiry()) rows.emplace_back("Expires", "in " + inWords(*gate_.expiry() - now));
  for (auto& row : events_.view()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace holdfast::proxy
