/// \file forwarding.h
/// Who a request really comes from, by what trusted proxies say of it. Pure.
///
///     client ── proxy ── load balancer ── web server ── host
///                                  X-Forwarded-For: CLIENT, PROXY
///                                  REMOTE_ADDR: LOAD BALANCER
///
/// A web server passes on whatever its clients claim in X-Forwarded-*, so a claim counts only where
/// REMOTE_ADDR, the peer that the web server itself has seen, is trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/ip_network.h"
#include "host/front/params.h"

namespace holdfast {

class TrustedHops {
 public:
  /// \param hops  addresses, networks such as `10.0.0.0/8`, or `unix`: clients of the web
  ///   server that come over a UNIX socket. Throws std::invalid_argument for anything else.
  explicit TrustedHops(const std::vector<std::string>& hops);

  /// \param peer  as REMOTE_ADDR has it
  bool trusts(std::string_view peer) const;

  /// Where the peer is trusted:
  /// - REMOTE_ADDR becomes the rightmost address of X-Forwarded-For that is not trusted itself;
  /// - X-Forwarded-Proto (its value for that address) decides HTTPS and REQUEST_SCHEME;
  /// - X-Original-URL, as IIS' URL rewriting sets it, becomes PATH_INFO and QUERY_STRING.
  /// The headers themselves are left for the app to see.
  /// \return whether the peer is trusted
  bool apply(Params& params) const;
  /// The same but for X-Original-URL: for requests that a web server has passed on by their path,
  /// which they must not change.
  bool applyClient(Params& params) const;

 private:
  struct Client {
    std::string address;   ///< empty if none can be used
    std::size_t hops = 0;  ///< its place in the list, from the right
  };
  Client clientBehind(std::string_view forwarded_for) const;

  std::vector<IpNetwork> networks_;
  bool unix_ = false;
};

/// A header says that it came by a proxy, whoever claims that.
bool isForwarded(const Params& params);

/// Nobody but a process of this machine can have sent it: the peer and the Host are loopback's, and
/// no header says that it was forwarded.
bool isTrueLoopback(const Params& params);

}  // namespace holdfast
