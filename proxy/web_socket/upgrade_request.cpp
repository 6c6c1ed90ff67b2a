#include "proxy/web_socket/upgrade_request.h"

#include <string>
#include <utility>

#include "proxy/channel_answers.h"

namespace holdfast::proxy {

namespace {

ChannelAnswer noWebSocket(int status, const std::string& text) {
  return textAnswer(status, text, "websocket");
}

}  // namespace

bool wasUpgrade(const ChannelRequest& request) {
  return wantsWebSocket(request.headers) || request.hasHeader("Sec-WebSocket-Key");
}

std::optional<ChannelAnswer> refusedHandshake(const ChannelRequest& request,
                                              HeaderFields& headers) {
  if (!request.can_upgrade) {
    return noWebSocket(501,
                       "The request came to Holdfast by FastCGI, which carries no WebSocket. Let "
                       "the web server pass this path on by HTTP, to the host's channel listener; "
                       "the page at this address says how.");
  }
  if (wasUpgrade(request) && !wantsWebSocket(request.headers)) {
    return noWebSocket(426,
                       "The web server, or a proxy before it, has dropped the request's Upgrade "
                       "header: WebSockets are off there. The page at this address says how to "
                       "let them through.");
  }
  UpgradeCheck check = checkUpgrade(request.method, request.http11, request.headers);
  if (!check.ok()) {
    ChannelAnswer answer = noWebSocket(check.status, check.why);
    for (auto& field : check.headers) answer.headers.push_back(std::move(field));
    return answer;
  }
  headers = std::move(check.headers);
  return std::nullopt;
}

}  // namespace holdfast::proxy
