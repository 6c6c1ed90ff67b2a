#include "host/front/http_front_end.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "host/log.h"

namespace holdfast {

namespace {

using namespace std::chrono_literals;

constexpr int kBacklog = 256;
/// Accepted at one go before others get their turn.
constexpr int kAcceptBatch = 32;
/// How long to leave the listener alone when no connection can be had.
constexpr auto kPause = 50ms;

constexpr std::string_view kTooMany =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Type: text/plain\r\n"
    "Content-Length: 33\r\nConnection: close\r\n\r\nThere are too many connections.\r\n";

/// As far as that goes without waiting for it. What it has sent already is read, because closing
/// over unread input takes the answer back.
void refuse(Socket& socket) {
  std::array<std::byte, 16 * 1024> ignored;
  socket.read(ignored);
  socket.write(std::as_bytes(std::span(kTooMany)));
  socket.shutdownWrite();
}

Poco::Net::ServerSocket listenOn(const std::string& address) {
  try {
    const Poco::Net::SocketAddress where(address.substr(address.find(':') + 1));
    Poco::Net::ServerSocket socket;
    socket.bind(where, true);
    socket.listen(kBacklog);
    return socket;
  } catch (const Poco::Exception& error) {
    throw std::runtime_error("cannot listen on " + address + ": " + error.displayText() +
                             ": stop what listens there, or choose another port");
  }
}

}  // namespace

HttpFrontEnd::HttpFrontEnd(EventLoop& loop, const std::string& address, const HttpLimits& limits,
                           RequestSink sink, std::function<bool(const std::string&)> is_uncapped,
                           FinishedSink on_finished)
    : loop_(loop),
      limits_(limits),
      sink_(std::move(sink)),
      on_finished_(std::move(on_finished)),
      is_uncapped_(std::move(is_uncapped)),
      listener_(listenOn(address)),
      accepting_(Socket::duplicate(listener_.impl()->sockfd())),
      watch_(std::make_unique<Watch>(loop, accepting_.handle(), true, false,
                                     [this](Readiness) { onReady(); })) {}

HttpFrontEnd::~HttpFrontEnd() {
  // Each one takes itself off the list by onClosed().
  while (!connections_.empty()) connections_.begin()->second.front()->close();
}

std::string HttpFrontEnd::url() const { return "http://" + listener_.address().toString() + "/"; }

void HttpFrontEnd::drain() {
  pause_.cancel();
  watch_.reset();
  accepting_.close();
  listener_.close();
  std::vector<HttpConnection*> all;
  for (const auto& [address, connections] : connections_) {
    for (const auto& connection : connections) all.push_back(connection.get());
  }
  for (HttpConnection* connection : all) connection->drain();
}

std::size_t HttpFrontEnd::unfinished() const {
  std::size_t count = 0;
  for (const auto& [address, connections] : connections_) {
    count += static_cast<std::size_t>(
        std::count_if(connections.begin(), connections.end(),
                      [](const auto& connection) { return connection->isBusy(); }));
  }
  return count;
}

void HttpFrontEnd::onReady() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    std::error_code error;
    Socket socket = accepting_.accept(error);
    if (socket) {
      admit(std::move(socket));
      continue;
    }
    if (!error) return;
    cannot_accept_.say("cannot accept an HTTP connection: " + error.message());
    return pauseAccepting();
  }
}

void HttpFrontEnd::pauseAccepting() {
  watch_->want(false, false);
  pause_ = loop_.after(kPause, [this] { watch_->want(true, false); });
}

void HttpFrontEnd::admit(Socket socket) {
  std::unique_ptr<HttpConnection> connection;
  try {
    const std::string address = socket.peerAddress().host().toString();
    if (!makeRoomFor(address)) {
      refuse(socket);
      return;
    }
    connection = std::make_unique<HttpConnection>(loop_, std::move(socket), limits_, sink_,
                                                  on_finished_, *this);
  } catch (const std::system_error&) {
    return;  // it is gone already
  }
  connections_[connection->address()].push_back(std::move(connection));
  ++count_;
}

bool HttpFrontEnd::makeRoomFor(const std::string& address) {
  const auto own = connections_.find(address);
  const bool too_many_of_its = own != connections_.end() &&
                               own->second.size() >= limits_.connections_per_address &&
                               !is_uncapped_(address);
  if (!too_many_of_its && count_ < limits_.connections) return true;
  // Where all are too many, at the cost of whoever has most.
  const auto most = std::max_element(
      connections_.begin(), connections_.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  const auto from = too_many_of_its ? own : most;
  const std::string whose = from->first;
  const std::size_t how_many = from->second.size();
  const bool made = closeOneOf(from->second);
  too_many_.say(
      std::to_string(how_many) + " HTTP connections from " + whose + " are too many: " +
      (made ? "those that wait for their client give way" : "all are in use, more are refused") +
      "; if that is a proxy, name it in server.trusted_hops");
  return made;
}

/// The one that has been waiting for its client longest. \return false if none does
bool HttpFrontEnd::closeOneOf(const Connections& connections) {
  HttpConnection* longest = nullptr;
  auto since = EventLoop::Clock::time_point::max();
  for (const auto& connection : connections) {
    const auto waits_since = connection->waitsSince();
    if (!waits_since || *waits_since >= since) continue;
    longest = connection.get();
    since = *waits_since;
  }
  if (longest == nullptr) return false;
  longest->close();
  return true;
}

void HttpFrontEnd::onClosed(HttpConnection& connection) {
  const auto entry = connections_.find(connection.address());
  Connections& connections = entry->second;
  const auto found =
      std::find_if(connections.begin(), connections.end(),
                   [&](const auto& candidate) { return candidate.get() == &connection; });
  // It may be in the middle of one of its own functions.
  loop_.defer([kept = std::shared_ptr<HttpConnection>(std::move(*found))] {});
  connections.erase(found);
  if (connections.empty()) connections_.erase(entry);
  --count_;
}

}  // namespace holdfast
