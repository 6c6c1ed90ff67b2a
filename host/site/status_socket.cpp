#include "host/site/status_socket.h"

#include <algorithm>
#include <filesystem>

#include "host/log.h"

namespace holdfast {

namespace {
using namespace std::chrono_literals;
/// How long to leave the listener alone when no connection can be accepted.
constexpr auto kPause = 100ms;
}  // namespace

/// One client: reads its request, sends the answer, ends.
class StatusSocket::Connection {
 public:
  Connection(StatusSocket& owner, Socket socket)
      : owner_(owner),
        socket_(std::move(socket)),
        watch_(owner.loop_, socket_.handle(), true, false,
               [this](Readiness ready) { onReady(ready); }),
        limit_(owner.loop_.after(owner.limits_.request_time, [this] { finish(); })) {}

 private:
  void onReady(Readiness ready) {
    if (finished_) return;
    if (answering_) return flush();
    if (ready.readable || ready.hangup) read();
  }

  void read() {
    const std::span<std::byte> buffer = owner_.loop_.readBuffer();
    const std::size_t most = owner_.limits_.request_bytes - request_.size();
    const IoResult result = socket_.read(buffer.first(std::min(most, buffer.size())));
    if (result.wouldBlock()) return;
    if (!result.ok()) return finish();
    request_.append(reinterpret_cast<const char*>(buffer.data()), result.bytes);
    if (request_ == kRequest) return answer();
    const bool hopeless =
        request_.find('\n') != std::string::npos || request_.size() >= owner_.limits_.request_bytes;
    if (hopeless) finish();
  }

  void answer() {
    answering_ = true;
    limit_ = owner_.loop_.after(owner_.limits_.answer_time, [this] { finish(); });
    try {
      out_.append(owner_.report_());
      out_.append("\n");
    } catch (const std::exception& error) {
      log::warning("no status could be given: " + std::string(error.what()));
      return finish();
    }
    flush();
  }

  void flush() {
    const bool broken = out_.flush(socket_) != IoResult::Status::kOk;
    if (broken || out_.empty()) return finish();
    // It says no more; that it leaves shows itself by a broken connection.
    watch_.want(false, true, false);
  }

  void finish() {
    if (finished_) return;
    finished_ = true;
    limit_.cancel();
    watch_.want(false, false, false);
    socket_.shutdownWrite();
    owner_.onDone(*this);
  }

  StatusSocket& owner_;
  Socket socket_;
  Watch watch_;
  Timer limit_;
  OutputQueue out_;
  std::string request_;
  bool answering_ = false;
  bool finished_ = false;  ///< until the event loop lets go of it
};

StatusSocket::StatusSocket(EventLoop& loop, std::function<std::string()> report,
                           const StatusLimits& limits, PrivatePlaces places)
    : loop_(loop), report_(std::move(report)), limits_(limits), places_(std::move(places)) {
  check();
}

StatusSocket::~StatusSocket() = default;

void StatusSocket::check() {
  // Another's may be in its place: the same pid in another PID namespace.
  if (!watch_ || !listener_.file.isThere()) open();
  check_ = loop_.after(limits_.check, [this] { check(); });
}

void StatusSocket::open() {
  watch_.reset();
  try {
    listener_ = listenPrivately(places_);
    watch_ = std::make_unique<Watch>(loop_, listener_.socket.handle(), true, false,
                                     [this](Readiness) { onReady(); });
    last_problem_.clear();
    log::debug("status socket " + privateSocketPath(places_));
  } catch (const std::exception& error) {
    if (last_problem_ == error.what()) return;
    last_problem_ = error.what();
    log::warning("holdfast status will not find this host: " + log::printable(last_problem_));
  }
}

void StatusSocket::onReady() {
  while (connections_.size() < limits_.connections) {
    std::error_code error;
    Socket socket = listener_.socket.accept(error);
    if (error) return pauseAccepting();
    if (!socket) return;
    if (!isOwnPeer(socket)) continue;
    try {
      connections_.push_back(std::make_unique<Connection>(*this, std::move(socket)));
    } catch (const std::system_error&) {  // the kernel has no room for another one
      return pauseAccepting();
    }
  }
  watch_->want(false, false);
}

void StatusSocket::pauseAccepting() {
  watch_->want(false, false);
  pause_ = loop_.after(kPause, [this] {
    pause_.cancel();
    if (watch_) watch_->want(connections_.size() < limits_.connections, false);
  });
}

void StatusSocket::onDone(Connection& connection) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [&](const auto& kept) { return kept.get() == &connection; });
  // It may be in the middle of one of its own functions.
  loop_.defer([kept = std::shared_ptr<Connection>(std::move(*found))] {});
  connections_.erase(found);
  if (watch_ && !pause_) watch_->want(true, false);
}

}  // namespace holdfast
