#include "host/front/forwarding.h"

#include <Poco/String.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "config/ip_network.h"
#include "host/front/percent_decoding.h"

namespace holdfast {

namespace {

/// What nginx and Go's servers (Caddy) write into REMOTE_ADDR of a client on a UNIX socket.
bool isUnixPeer(std::string_view peer) { return peer.starts_with("unix:") || peer == "@"; }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes the last item off a comma-separated list.
std::string_view takeLast(std::string_view& list) {
  const std::size_t comma = list.rfind(',');
  const std::string_view item = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  return trimmed(item);
}

/// `1.2.3.4:5678` and `[::1]:5678` have a port, which some proxies add.
std::string_view withoutPort(std::string_view item) {
  if (item.starts_with('[')) {
    return item.substr(1, std::max<std::size_t>(item.find(']'), 1) - 1);
  }
  const std::size_t colon = item.find(':');
  return colon != std::string_view::npos && colon == item.rfind(':') ? item.substr(0, colon) : item;
}

bool isLoopbackHost(std::string_view host) {
  const std::string name = Poco::toLower(std::string(withoutPort(host)));
  if (name == "localhost") return true;
  const auto address = parseIpAddress(name);
  return address && address->isLoopback();
}

/// \param hops  how many of X-Forwarded-For's addresses were walked: each proxy adds to both lists,
///   or overwrites both
void applyScheme(Params& params, std::size_t hops) {
  std::string_view list = params.get("HTTP_X_FORWARDED_PROTO");
  std::string_view item;
  do {
    item = takeLast(list);
  } while (hops-- > 1 && !list.empty());
  std::string scheme = Poco::toLower(std::string(item));
  // What some proxies say of a WebSocket's handshake.
  if (scheme == "ws" || scheme == "wss") scheme.replace(0, 2, "http");
  if (scheme != "http" && scheme != "https") return;
  params.add("HTTPS", scheme == "https" ? "on" : "off");
  params.add("REQUEST_SCHEME", scheme);
}

void applyOriginalUrl(Params& params) {
  const std::string url(params.get("HTTP_X_ORIGINAL_URL"));
  if (!url.starts_with('/')) return;
  const std::size_t question = url.find('?');
  const auto path = percentDecoded(std::string_view(url).substr(0, question));
  if (!path) return;
  params.add("wfastcgi.http_x_original_url", url);
  params.add("SCRIPT_NAME", "");
  params.add("PATH_INFO", *path);
  if (question != std::string::npos) params.add("QUERY_STRING", url.substr(question + 1));
}

}  // namespace

TrustedHops::TrustedHops(const std::vector<std::string>& hops) {
  for (const std::string& hop : hops) {
    if (hop == "unix") {
      unix_ = true;
      continue;
    }
    std::string objection;
    const auto network = parseIpNetwork(hop, objection);
    if (!network) throw std::invalid_argument(hop + ' ' + objection);
    networks_.push_back(*network);
  }
}

bool TrustedHops::trusts(std::string_view peer) const {
  if (isUnixPeer(peer)) return unix_;
  if (networks_.empty()) return false;
  const auto address = parseIpAddress(peer);
  return address && std::any_of(networks_.begin(), networks_.end(), [&](const IpNetwork& network) {
           return network.contains(*address);
         });
}

bool TrustedHops::apply(Params& params) const {
  const bool trusted = applyClient(params);
  if (trusted) applyOriginalUrl(params);
  return trusted;
}

bool TrustedHops::applyClient(Params& params) const {
  const std::string peer(params.get("REMOTE_ADDR"));
  if (!trusts(peer)) return false;
  const auto [client, hops] = clientBehind(params.get("HTTP_X_FORWARDED_FOR"));
  if (!client.empty()) params.add("REMOTE_ADDR", client);
  applyScheme(params, hops);
  return true;
}

TrustedHops::Client TrustedHops::clientBehind(std::string_view forwarded_for) const {
  Client client;
  while (!forwarded_for.empty()) {
    const auto address = parseIpAddress(withoutPort(takeLast(forwarded_for)));
    if (!address) break;  // `unknown`, or nonsense: what stands left of it is not better
    client = {address->toString(), client.hops + 1};
    if (!trusts(client.address)) break;
  }
  return client;
}

bool isForwarded(const Params& params) {
  constexpr std::array kNames = {"HTTP_FORWARDED",        "HTTP_X_FORWARDED_FOR",
                                 "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO",
                                 "HTTP_X_REAL_IP",        "HTTP_VIA",
                                 "HTTP_X_ARR_LOG_ID",     "HTTP_CLIENT_IP"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* name) { return params.find(name).has_value(); });
}

bool isTrueLoopback(const Params& params) {
  const auto peer = parseIpAddress(params.get("REMOTE_ADDR"));
  return peer && peer->isLoopback() && isLoopbackHost(params.get("HTTP_HOST")) &&
         !isForwarded(params);
}

}  // namespace holdfast
