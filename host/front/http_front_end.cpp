#include "host/front/http_front_end.h"

#include <algorithm>
#include <array>

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// Accepted at one go before others get their turn.
constexpr int kAcceptBatch = 32;
/// How long to leave the listener alone when no connection can be had.
constexpr auto kPause = 50ms;
/// Threads beyond those of HttpLimits::connections: for connections that are given away, and for
/// those that are about to end.
constexpr std::size_t kSparePumps = 64;

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

}  // namespace

HttpFrontEnd::HttpFrontEnd(EventLoop& loop, Socket listener, const HttpLimits& limits,
                           RequestSink sink, std::function<bool(const std::string&)> is_uncapped,
                           FinishedSink on_finished)
    : loop_(loop),
      limits_(limits),
      sink_(std::move(sink)),
      on_finished_(std::move(on_finished)),
      is_uncapped_(std::move(is_uncapped)),
      listener_(std::move(listener)),
      pumps_(loop) {
  watch();
}

HttpFrontEnd::~HttpFrontEnd() {
  // Each one takes itself off the list by onClosed().
  while (!connections_.empty()) connections_.begin()->second.front()->close();
}

std::string HttpFrontEnd::address() const { return listener_.address().toString(); }

std::string HttpFrontEnd::url() const {
  return (hasTls() ? "https://" : "http://") + address() + "/";
}

void HttpFrontEnd::watch() {
  watch_ = std::make_unique<Watch>(loop_, listener_.handle(), true, false,
                                   [this](Readiness) { onReady(); });
}

void HttpFrontEnd::moveTo(Socket listener) {
  if (draining_) return;
  while (acceptOne()) {
  }
  pause_.cancel();
  watch_.reset();
  listener_ = std::move(listener);
  watch();
}

void HttpFrontEnd::drain() {
  draining_ = true;
  pause_.cancel();
  watch_.reset();
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
  // A pump may have the end of an answer whose connection is over.
  return std::max(count, pumps_.size());
}

void HttpFrontEnd::onReady() {
  for (int i = 0; i < kAcceptBatch && acceptOne(); ++i) {
  }
}

bool HttpFrontEnd::acceptOne() {
  std::error_code error;
  Socket socket = listener_.accept(error);
  if (socket) {
    admit(std::move(socket));
    return true;
  }
  if (error) {
    cannot_accept_.say("cannot accept an HTTP connection: " + error.message());
    pauseAccepting();
  }
  return false;
}

void HttpFrontEnd::pauseAccepting() {
  watch_->want(false, false);
  pause_ = loop_.after(kPause, [this] { watch_->want(true, false); });
}

void HttpFrontEnd::admit(Socket socket) {
  std::unique_ptr<HttpConnection> connection;
  try {
    const HttpEnds ends = endsOf(socket, pumps_.isOn());
    if (!makeRoomFor(ends)) {
      if (!ends.tls) refuse(socket);
      return;
    }
    if (ends.tls) {
      socket = pumps_.add(std::move(socket), limits_.connections + kSparePumps, ends.client);
      if (!socket) return;
    }
    connection = std::make_unique<HttpConnection>(loop_, std::move(socket), ends, limits_, sink_,
                                                  on_finished_, *this);
  } catch (const std::system_error&) {
    return;  // it is gone already
  }
  connections_[connection->address()].push_back(std::move(connection));
  ++count_;
}

bool HttpFrontEnd::makeRoomFor(const HttpEnds& ends) {
  const auto own = connections_.find(ends.client);
  const bool too_many_of_its = own != connections_.end() &&
                               own->second.size() >= limits_.connections_per_address &&
                               !ends.isLocal() && !is_uncapped_(ends.client);
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
