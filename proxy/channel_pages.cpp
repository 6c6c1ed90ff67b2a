// What a person or the bridge reads of the channel; who may attach is in channel.cpp, the private
// view in channel_view.cpp.
#include "config/ip_network.h"
#include "proxy/channel.h"
#include "proxy/channel_answers.h"
#include "proxy/page/info_page.h"
#include "proxy/page/info_page_script.h"
#include "proxy/page/source_hash.h"
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
  report.holds = events_.holds();
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

}  // namespace holdfast::proxy
