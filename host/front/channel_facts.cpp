#include "host/front/channel_facts.h"

#include "config/letter_case.h"
#include "host/front/forwarding.h"

namespace holdfast {

namespace {

/// As CGI programs know it: `on`, and `1` of some.
bool isOn(std::string_view https) { return https == "1" || equalsIgnoringCase(https, "on"); }

}  // namespace

ChannelFacts channelFacts(const Params& params) {
  ChannelFacts facts;
  facts.client = params.get("REMOTE_ADDR");
  facts.tls = isOn(params.get("HTTPS"));
  facts.loopback = isTrueLoopback(params);
  facts.forwarded = isForwarded(params);
  return facts;
}

}  // namespace holdfast
