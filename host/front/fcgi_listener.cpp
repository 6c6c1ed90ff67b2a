#include "host/front/fcgi_listener.h"

#include <algorithm>

namespace holdfast {

namespace {
using namespace std::chrono_literals;
/// Accepted at one go before others get their turn.
constexpr int kAcceptBatch = 32;
/// How long to leave the listener alone when there is no room for a connection.
constexpr auto kPause = 50ms;
/// Connections that are looked at for one that can give way.
constexpr std::size_t kMaxLooks = 64;
}  // namespace

FcgiListener::FcgiListener(EventLoop& loop, Socket listener, const FcgiLimits& limits,
                           const FcgiCapacity& capacity, RequestSink sink, FinishedSink on_finished)
    : loop_(loop),
      listener_(std::move(listener)),
      limits_(limits),
      capacity_(capacity),
      sink_(std::move(sink)),
      on_finished_(std::move(on_finished)),
      watch_(std::make_unique<Watch>(loop, listener_.handle(), true, false,
                                     [this](Readiness) { onReady(); })) {}

FcgiListener::~FcgiListener() {
  // Each one takes itself off the list by onClosed().
  while (!connections_.empty()) connections_.begin()->second->close();
}

void FcgiListener::moveTo(Socket listener) {
  if (draining_) return;
  while (acceptOne()) {
  }
  pause_.cancel();
  watch_.reset();
  listener_ = std::move(listener);
  watch_ = std::make_unique<Watch>(loop_, listener_.handle(), true, false,
                                   [this](Readiness) { onReady(); });
}

void FcgiListener::drain() {
  draining_ = true;
  pause_.cancel();
  watch_.reset();
  listener_.close();
  for (FcgiConnection* connection : std::list(idle_)) {
    // A request that has come but was not read yet is still served.
    if (connection->look() != FcgiConnection::Use::kBusy) connection->closeWhenSent();
  }
}

std::size_t FcgiListener::unfinished() const {
  return static_cast<std::size_t>(std::count_if(
      connections_.begin(), connections_.end(),
      [](const auto& entry) { return !entry.first->is_idle || entry.first->hasUnsent(); }));
}

void FcgiListener::onReady() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    // Room is made only for somebody who is known to wait, which further turns do not know.
    if (i > 0 && connections_.size() >= capacity_.connections) return;
    if (!acceptOne()) return;
  }
}

bool FcgiListener::acceptOne() {
  if (connections_.size() >= capacity_.connections && !makeRoom()) {
    pauseAccepting();
    return false;
  }
  std::error_code error;
  Socket socket = listener_.accept(error);
  if (!socket) {
    if (!error) return false;
    cannot_accept_.say("cannot accept a FastCGI connection: " + error.message());
    if (!makeRoom()) pauseAccepting();
    return false;
  }
  std::unique_ptr<FcgiConnection> connection;
  try {
    connection = std::make_unique<FcgiConnection>(loop_, std::move(socket), next_number_++, limits_,
                                                  capacity_, sink_, on_finished_, *this);
  } catch (const std::system_error& cause) {  // the kernel has no room for another one
    cannot_accept_.say("a FastCGI connection was closed at once: " + std::string(cause.what()));
    pauseAccepting();
    return false;
  }
  FcgiConnection& added = *connection;
  connections_.emplace(&added, std::move(connection));
  onIdle(added, true);
  // A web server sends its request right after connecting: it is mostly there by now.
  added.readAtOnce();
  return true;
}

bool FcgiListener::makeRoom() {
  // Idle as far as we know: its next request may have come meanwhile.
  FcgiConnection* receiving = nullptr;
  for (std::size_t looks = std::min(idle_.size(), kMaxLooks); looks > 0 && !idle_.empty();
       --looks) {
    FcgiConnection* connection = idle_.front();
    idle_.splice(idle_.end(), idle_, idle_.begin());
    switch (connection->look()) {
      case FcgiConnection::Use::kIdle:
        connection->close();
        return true;
      case FcgiConnection::Use::kClosed:
        return true;
      case FcgiConnection::Use::kReceiving:
        if (receiving == nullptr) receiving = connection;
        break;
      case FcgiConnection::Use::kBusy:
        break;
    }
  }
  if (receiving == nullptr || !receiving->is_idle) return false;
  too_many_.say(
      "a FastCGI connection was closed in the middle of a request's params: there are too many");
  receiving->close();
  return true;
}

void FcgiListener::pauseAccepting() {
  watch_->want(false, false);
  pause_ = loop_.after(kPause, [this] { watch_->want(true, false); });
}

void FcgiListener::onIdle(FcgiConnection& connection, bool idle) {
  if (connection.is_idle == idle) return;
  connection.is_idle = idle;
  if (!idle) {
    idle_.erase(connection.idle_position);
    return;
  }
  connection.idle_position = idle_.insert(idle_.end(), &connection);
  if (draining_) {
    loop_.defer([this, kept = &connection] {
      if (connections_.contains(kept) && kept->is_idle) kept->closeWhenSent();
    });
  }
}

void FcgiListener::onClosed(FcgiConnection& connection) {
  onIdle(connection, false);
  auto node = connections_.extract(&connection);
  // It may be in the middle of one of its own functions.
  loop_.defer([kept = std::shared_ptr<FcgiConnection>(std::move(node.mapped()))] {});
}

}  // namespace holdfast
