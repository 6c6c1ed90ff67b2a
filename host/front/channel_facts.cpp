#include "host/front/channel_facts.h"

#include "config/letter_case.h"
#include "host/front/forwarding.h"

namespace holdfast {

namespace {

/// As CGI programs know it: `on`, and `1` of some.
bool isOn(std::string_view https) { return https == "1" || equalsIgnoringCase(https, "on"); }

}  // namespace

ChannelFacts channelFacts(const Params& params, bool from_trusted_hop) {
  ChannelFacts facts;
  facts.client = params.get("REMOTE_ADDR");
  facts.tls = isOn(params.get("HTTPS"));
  // A web server on this machine that says nothing of its client looks just like one.
  facts.loopback = !from_trusted_hop && isTrueLoopback(params);
  facts.forwarded = isForwarded(params);
  facts.scheme_unsaid =
      from_trusted_hop && !facts.tls && params.get("HTTP_X_FORWARDED_PROTO").empty();
  return facts;
}

}  // namespace holdfast
