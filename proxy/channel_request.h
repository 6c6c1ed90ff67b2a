/// \file channel_request.h
/// One HTTP request to the debug path, and what is answered. Plain values: every front end fills
/// the one and sends the other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/web_socket/web_socket_handshake.h"

namespace holdfast::proxy {

struct ChannelRequest {
  std::string method;
  std::string path;      ///< all of it, percent-decoded: `/ptvsd/state`
  std::string query;     ///< raw, without the question mark
  HeaderFields headers;  ///< names in any case
  std::string body;      ///< complete; the front end limits it to 64 KiB
  /// Numeric address of the client, as trusted hops tell it. Anything else (`unix:`) means that the
  /// web server does not say who it is; all those share one count of wrong secrets.
  std::string client;
  bool tls = false;       ///< HTTPS all the way, as far as can be believed
  bool loopback = false;  ///< by a process of this machine for certain: see design, section 6
  /// The web server that passed it on would be believed, but does not say whether the client used
  /// HTTPS (X-Forwarded-Proto).
  bool scheme_unsaid = false;
  bool can_upgrade = false;  ///< came by HTTP: the connection can be taken over
  bool http11 = false;       ///< HTTP/1.1 at least

  /// \return the value of the only header field of that name; nothing if there is none or several
  std::optional<std::string_view> header(std::string_view name) const;
  bool hasHeader(std::string_view name) const;
};

/// What an answer with status 101 is for.
enum class UpgradeKind {
  kNone,
  kSession,  ///< a debugger that has proven the secret
  kBusy,     ///< proven too, but there is another: closed with 1013
  kProbe,    ///< of the info page: one message comes back, nothing else happens
};

struct ChannelAnswer {
  int status = 200;
  std::string reason;    ///< phrase of the status line
  HeaderFields headers;  ///< without Content-Length, Connection, Date
  std::string body;      ///< empty for HEAD

  /// Not kNone: status 101. Nothing is to be sent by the front end; the connection is to be given
  /// away by Channel::open().
  UpgradeKind upgrade = UpgradeKind::kNone;
  std::string close_reason;  ///< kBusy: at most 123 bytes, UTF-8
  std::string client;        ///< as ChannelRequest::client
  bool takeover = false;     ///< kSession: ends the one that is there
};

}  // namespace holdfast::proxy
