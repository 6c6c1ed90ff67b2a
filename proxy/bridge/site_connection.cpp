#include "proxy/bridge/site_connection.h"

#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>

#include <algorithm>
#include <array>

#include "config/ip_network.h"
#include "proxy/bridge/aside.h"
#include "proxy/bridge/site_problem.h"
#include "proxy/session/socket_io.h"

namespace holdfast::proxy {
namespace {

using Clock = StoppableWait::Clock;
using Poco::Net::IPAddress;
using Poco::Net::StreamSocket;

constexpr std::chrono::seconds kConnectTime{8};  ///< for one address
constexpr std::chrono::seconds kAnswerTime{20};
constexpr std::size_t kMaxAddresses = 6;

std::vector<IPAddress> addressesOf(const std::string& host, StoppableWait& wait) {
  if (const auto address = parseIpAddress(host)) return {*address};
  std::vector<IPAddress> addresses;
  try {
    addresses = aside<std::vector<IPAddress>>(
        [host] { return Poco::Net::DNS::hostByName(host).addresses(); }, wait);
  } catch (const Poco::Net::HostNotFoundException&) {
    throw SiteFailure(unknownHost(host, "there is no such host"));
  } catch (const Poco::Net::NoAddressFoundException&) {
    throw SiteFailure(unknownHost(host, "the name has no address"));
  } catch (const Poco::Exception& error) {
    throw SiteFailure(unknownHost(host, error.displayText()));
  }
  if (addresses.empty()) throw SiteFailure(unknownHost(host, "the name has no address"));
  // Where many are given they are mostly of one cluster.
  addresses.resize(std::min(addresses.size(), kMaxAddresses));
  return addresses;
}

/// \param[out] cause  why it failed
bool connectTo(StreamSocket& socket, const Poco::Net::SocketAddress& address, StoppableWait& wait,
               std::string& cause) {
  try {
    socket.connectNB(address);
  } catch (const Poco::Exception& error) {
    cause = error.message().empty() ? error.displayText() : error.message();
    return false;
  }
  Watched watched[] = {{&socket, false, true}};
  if (!wait.until(watched, Clock::now() + kConnectTime)) {
    cause = "no answer within " + std::to_string(kConnectTime.count()) + " s";
    return false;
  }
  const std::error_code error = connectError(socket);
  cause = error.message();
  return !error;
}

std::string placeText(const std::string& host, std::uint16_t port) {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return name + ':' + std::to_string(port);
}

/// \param loopback_only  a name may be anything
StreamSocket connectAnywhere(const std::string& host, std::uint16_t port, const std::string& place,
                             bool loopback_only, StoppableWait& wait) {
  std::string cause = "it is no address of this machine";
  for (const IPAddress& address : addressesOf(host, wait)) {
    if (loopback_only && !address.isLoopback()) continue;
    StreamSocket socket;
    if (connectTo(socket, Poco::Net::SocketAddress(address, port), wait, cause)) return socket;
  }
  throw SiteFailure(noConnection(place, cause));
}

void openTunnel(const SiteRoute& route, const StreamSocket& socket, StoppableWait& wait) {
  HttpAnswerReader reader(AnswerTo::kConnect);
  const std::string target = placeText(route.url.host, route.url.port);
  try {
    exchange(route.url, socket, connectRequest(*route.proxy, target), reader, wait);
  } catch (const SiteFailure&) {
    throw SiteFailure(noConnection("the proxy " + route.proxy->text(), "it speaks no HTTP"));
  }
  if (reader.answer().status / 100 != 2) {
    throw SiteFailure(judgeTunnel(*route.proxy, reader.answer()));
  }
}

void sendAll(const SiteUrl& url, const StreamSocket& socket, std::string_view bytes,
             StoppableWait& wait) {
  auto rest = std::as_bytes(std::span(bytes));
  const Clock::time_point deadline = Clock::now() + kAnswerTime;
  while (!rest.empty()) {
    const IoOutcome outcome = writeSome(socket, rest, {});
    if (outcome.status == IoStatus::kDone) {
      rest = rest.subspan(outcome.bytes);
    } else if (outcome.status == IoStatus::kWouldBlock) {
      Watched watched[] = {{&socket, false, true}};
      if (!wait.until(watched, deadline)) throw SiteFailure(noHttp(url, false));
    } else {
      throw SiteFailure(noHttp(url, false));
    }
  }
}

}  // namespace

void exchange(const SiteUrl& url, const StreamSocket& socket, std::string_view request,
              HttpAnswerReader& reader, StoppableWait& wait) {
  sendAll(url, socket, request, wait);
  const Clock::time_point deadline = Clock::now() + kAnswerTime;
  auto progress = HttpAnswerReader::Progress::kNeedMore;
  while (progress == HttpAnswerReader::Progress::kNeedMore) {
    std::array<std::byte, 4096> buffer;
    const IoOutcome outcome = readSome(socket, buffer);
    if (outcome.status == IoStatus::kDone) {
      progress = reader.take({reinterpret_cast<const char*>(buffer.data()), outcome.bytes});
    } else if (outcome.status == IoStatus::kWouldBlock) {
      Watched watched[] = {{&socket, true, false}};
      if (!wait.until(watched, deadline)) throw SiteFailure(noAnswer(url, kAnswerTime));
    } else {
      progress = reader.end();
    }
  }
  if (progress == HttpAnswerReader::Progress::kBroken) {
    throw SiteFailure(noHttp(url, reader.hasBegun()));
  }
}

SiteConnection connectToSite(const SiteRoute& route, StoppableWait& wait) {
  const SiteUrl& url = route.url;
  SiteConnection connection;
  if (route.proxy) {
    connection.socket = connectAnywhere(route.proxy->host, route.proxy->port,
                                        "the proxy " + route.proxy->text(), false, wait);
    makePrompt(connection.socket);
    openTunnel(route, connection.socket, wait);
  } else {
    connection.socket =
        connectAnywhere(url.host, url.port, placeText(url.host, url.port), !url.tls, wait);
    makePrompt(connection.socket);
  }
  if (!url.tls) return connection;
  connection.pump = TlsPump::connect(route.tls, connection.socket, url.host);
  const std::string problem = resultOf(
      [&](std::chrono::milliseconds time) { return connection.pump->waitForHandshake(time); },
      wait);
  if (!problem.empty()) throw SiteFailure(noTls(url, problem));
  connection.socket = connection.pump->takePlain();
  makePrompt(connection.socket);
  return connection;
}

}  // namespace holdfast::proxy
