/// \file channel_requests.h
/// Requests to the debug path, as tests of the channel write them.
#pragma once

#include <string>
#include <utility>

#include "proxy/channel_request.h"

namespace holdfast::proxy {

inline constexpr char kTestSecret[] = "correct-horse-battery-staple";

/// By HTTPS, from an address of a documentation network.
inline ChannelRequest requestFor(std::string path, std::string method = "GET") {
  ChannelRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = {{"Host", "site.example"}};
  request.client = "203.0.113.9";
  request.tls = true;
  request.can_upgrade = true;
  request.http11 = true;
  return request;
}

inline ChannelRequest withHeader(ChannelRequest request, std::string name, std::string value) {
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

inline ChannelRequest withBearer(ChannelRequest request, const std::string& secret = kTestSecret) {
  return withHeader(std::move(request), "Authorization", "Bearer " + secret);
}

/// That of RFC 6455, section 1.3.
inline ChannelRequest asUpgrade(ChannelRequest request) {
  request.headers.emplace_back("Upgrade", "websocket");
  request.headers.emplace_back("Connection", "keep-alive, Upgrade");
  request.headers.emplace_back("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  request.headers.emplace_back("Sec-WebSocket-Version", "13");
  return request;
}

}  // namespace holdfast::proxy
