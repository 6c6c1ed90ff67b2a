/// \file site_connection.h
/// A connection to the site: directly or through a proxy's tunnel, with TLS or, to loopback,
/// without.
#pragma once

#include <Poco/Net/IPAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/bridge/http_answer.h"
#include "proxy/bridge/http_proxy.h"
#include "proxy/bridge/site_url.h"
#include "proxy/bridge/stoppable_wait.h"
#include "proxy/tls/tls_context.h"
#include "proxy/tls/tls_pump.h"

namespace holdfast::proxy {

/// Plain bytes of the connection; what is written to it goes out at once.
struct SiteConnection {
  std::unique_ptr<TlsPump> pump;   ///< null without TLS
  Poco::Net::StreamSocket socket;  ///< non-blocking; closed before the pump ends
};

/// How to get to one site. Immutable, so that threads may share it.
struct SiteRoute {
  SiteUrl url;
  std::optional<HttpProxy> proxy;
  TlsContext tls;  ///< null without TLS
};

/// \param wait  of this thread
/// Throws SiteFailure with what is wrong, or CalledOff.
SiteConnection connectToSite(const SiteRoute& route, StoppableWait& wait);

/// Sends a request and reads its answer. Throws SiteFailure if there is none in time, or CalledOff.
/// \param reader  fresh
void exchange(const SiteUrl& url, const Poco::Net::StreamSocket& socket, std::string_view request,
              HttpAnswerReader& reader, StoppableWait& wait);

}  // namespace holdfast::proxy
