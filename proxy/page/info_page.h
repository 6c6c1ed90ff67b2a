/// \file info_page.h
/// What a person sees at the debug path: is debugging on, does it work, and how to attach. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "proxy/channel_request.h"
#include "proxy/engine_state.h"

namespace holdfast::proxy {

struct InfoPage {
  std::string path;  ///< of the channel
  std::string host;  ///< as shownHost()
  EngineState engine;
  bool expired = false;
  /// Until debugging expires; none: never.
  std::optional<std::chrono::steady_clock::duration> time_left;
  bool weak_secret = false;
  bool tls = false;
  bool loopback = false;
  bool scheme_unsaid = false;    ///< as ChannelRequest::scheme_unsaid
  bool confidential = false;     ///< the secret would be looked at
  bool by_fastcgi = false;       ///< this request cannot become a WebSocket
  bool client_is_known = false;  ///< the web server tells the client's address
  bool only_marked = false;      ///< route is `marked`
  std::string listener;          ///< as ChannelPlan::listener
};

std::string renderInfoPage(const InfoPage& page);

/// The Host of a request, where it is nothing but a name and a port; else a placeholder.
std::string shownHost(const ChannelRequest& request);

}  // namespace holdfast::proxy
