// The private status view of the channel: what only those see who have proven the secret, and the
// one thing that they can do there.
#include <utility>

#include "proxy/channel.h"
#include "proxy/channel_answers.h"
#include "proxy/gate/audit.h"
#include "proxy/gate/request_origin.h"
#include "proxy/hold_json.h"
#include "proxy/page/view_page.h"
#include "proxy/page/view_page_script.h"
#include "proxy/query_parameter.h"
#include "proxy/state_report.h"

namespace holdfast::proxy {

bool Channel::seesView(const ChannelRequest& request) const {
  const Clock::time_point now = now_();
  return !gate_.isExpired(now) && view_tokens_.opens(request, now);
}

ChannelAnswer Channel::statusView(const ChannelRequest& request) {
  if (!seesView(request)) return pageAnswer(200, renderViewForm(plan_.path, ""));
  ViewPage page;
  page.path = plan_.path;
  page.rows = viewRows();
  page.holds = events_.holds();
  page.now = now_();
  page.form_token = view_tokens_.formToken(request, page.now);
  return pageAnswer(200, renderViewPage(page), kViewPageScript);
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

ChannelAnswer Channel::holdsForView(const ChannelRequest& request) const {
  if (seesView(request)) return jsonAnswer(holdJson(events_.holds(), now_()));
  ChannelAnswer answer = textAnswer(401, "Open the private status view first.");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"holdfast\"");
  return answer;
}

/// A page of the app, or of anybody, could send this form as well: the token shows that it was the
/// view's.
ChannelAnswer Channel::resume(const ChannelRequest& request) {
  const bool foreign = request.hasHeader("Origin") && !isSameOrigin(request);
  const Secret given(queryParameter(request.body, "token").value_or(""));
  if (foreign || !seesView(request) || !view_tokens_.takesForm(request, given, now_())) {
    gate_.auditRefusal(request, "its form to resume the app is of no open status view", now_());
    return textAnswer(403, "This form is of no open status view. Load the view again.", "view");
  }
  // Else a debugger would be sent away though the app runs already.
  if (events_.holds().hold) {
    events_.audit(LogLevel::kInfo, "Debug channel: " + auditName(request.client) +
                                       " resumed the app from the private status view");
    seat_.end(CloseCode::kNormal, "The app was resumed from the status page.", false);
  }
  ChannelAnswer answer = textAnswer(303, "");
  answer.headers.emplace_back("Location", "../view");
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
