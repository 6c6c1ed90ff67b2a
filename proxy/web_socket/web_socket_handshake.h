/// \file web_socket_handshake.h
/// From HTTP/1.1 to WebSocket (RFC 6455, section 4), of both sides. Pure, but for the random key.
/// No extension and no subprotocol is offered or accepted.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::proxy {

/// Names in any case.
using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// Values of all fields of that name, joined by ", ", as RFC 9110 allows for lists.
std::string headerValue(const HeaderFields& headers, std::string_view name);
/// Whether a comma-separated list has that token, in any case.
bool hasToken(std::string_view list, std::string_view token);

/// Whether a request asks for a WebSocket at all, rightly or wrongly.
bool wantsWebSocket(const HeaderFields& headers);

/// Value of Sec-WebSocket-Accept.
std::string acceptKey(std::string_view key);

struct UpgradeCheck {
  int status = 101;      ///< or 400, 405, 426
  HeaderFields headers;  ///< to answer with, in either case
  std::string why;       ///< for a person, where the status is not 101

  bool ok() const { return status == 101; }
};
UpgradeCheck checkUpgrade(std::string_view method, bool http11, const HeaderFields& headers);

/// Fresh value of Sec-WebSocket-Key.
std::string makeRequestKey();
/// What a client sends beside Host and its own fields.
HeaderFields upgradeRequestHeaders(std::string_view key);
/// \param key  the one that was sent
/// \return what is wrong with the answer, in words; empty: the connection is a WebSocket
std::string checkAnswer(int status, const HeaderFields& headers, std::string_view key);

}  // namespace holdfast::proxy
