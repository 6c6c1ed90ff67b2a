/// \file channel_facts.h
/// What the gate of the debug channel must know of the way that a request has come. Pure.
#pragma once

#include <string>

#include "host/front/params.h"

namespace holdfast {

struct ChannelFacts {
  std::string client;      ///< numeric address; `unix:` where nothing better is known
  bool tls = false;        ///< the client's side of the way, as far as that is believed
  bool loopback = false;   ///< as isTrueLoopback(), and the peer is no hop
  bool forwarded = false;  ///< a header says that it came by a proxy
  /// It came by a hop that would be believed, but does not say whether the client used HTTPS.
  bool scheme_unsaid = false;
};

/// \param params  after TrustedHops::apply(), which has decided whom to believe: HTTPS is the web
///   server's own word (FastCGI), our listener's (TLS), or a trusted hop's (X-Forwarded-Proto). A
///   web server that connects to the channel's UNIX socket is a hop, trusted by `unix`; it is never
///   loopback, as nginx asks for Host `localhost` there if it is not told otherwise.
/// \param from_trusted_hop  what TrustedHops::apply() has returned
ChannelFacts channelFacts(const Params& params, bool from_trusted_hop);

}  // namespace holdfast
