#include "proxy/tls_pump.h"

#include <Poco/Exception.h>
#include <Poco/Net/PollSet.h>
#include <Poco/Net/SocketDefs.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "config/quantities.h"
#include "proxy/socket_pair.h"
#include "proxy/tls_stream.h"

namespace holdfast::proxy {

namespace {

using Poco::Net::PollSet;
using Poco::Net::StreamSocket;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kForever = std::chrono::hours(1);
/// For the peer's own end, after it was told ours: closing over what it still sends would take back
/// what it has not read yet.
constexpr milliseconds kLinger{1000};

/// Bytes between two sockets; as many as one TLS record has.
class Buffer {
 public:
  bool empty() const { return begin_ == end_; }
  /// Only where it is empty().
  std::span<char> room() { return bytes_; }
  void fill(std::size_t count) {
    begin_ = 0;
    end_ = count;
  }
  std::span<const char> content() const { return std::span(bytes_).subspan(begin_, end_ - begin_); }
  void take(std::size_t count) { begin_ += count; }
  void clear() { begin_ = end_; }

 private:
  std::array<char, 16 * 1024> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// What is waited for on one socket. One with nothing to wait for is out of the poll set, which
/// would otherwise report again and again that its peer is gone.
class Interest {
 public:
  Interest(PollSet& set, const StreamSocket& socket) : set_(set), socket_(socket) {}

  void want(int mode) {
    if (mode == mode_) return;
    if (mode == 0) {
      set_.remove(socket_);
    } else if (mode_ == 0) {
      set_.add(socket_, mode);
    } else {
      set_.update(socket_, mode);
    }
    mode_ = mode;
  }
  /// Of those that were wanted. An error is for whoever tries next to find.
  int among(const PollSet::SocketModeMap& ready) const {
    const auto found = ready.find(socket_);
    if (found == ready.end()) return 0;
    return (found->second & PollSet::POLL_ERROR) != 0 ? mode_ : found->second;
  }

 private:
  PollSet& set_;
  const StreamSocket socket_;
  int mode_ = 0;
};

void sendAtOnce(StreamSocket& socket) {
  try {
    socket.setNoDelay(true);
  } catch (const Poco::Exception&) {  // it is a local one
  }
}

/// \return bytes, or -1 if there is no room just now. Throws Poco::Exception.
int sendSome(StreamSocket& socket, std::span<const char> bytes) {
  try {
    return socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
  } catch (const Poco::Exception& error) {
    // Poco 1.11 takes that for an error, unlike an empty read.
    if (error.code() == POCO_EAGAIN || error.code() == POCO_EWOULDBLOCK) return -1;
    throw;
  }
}

/// What must become possible before a TLS call is tried again; 0: nothing.
int awaited(TlsStatus status) {
  if (status == TlsStatus::kWantsRead) return PollSet::POLL_READ;
  return status == TlsStatus::kWantsWrite ? PollSet::POLL_WRITE : 0;
}

}  // namespace

/// Moves the bytes; all but its public functions is its thread's.
class TlsPump::Worker {
 public:
  Worker(const TlsContext& context, const StreamSocket& peer, StreamSocket inner,
         const std::string& host, const TlsPumpLimits& limits, OnEnd on_end)
      : limits_(limits),
        on_end_(std::move(on_end)),
        peer_(peer),
        inner_(std::move(inner)),
        tls_(std::in_place, context, peer_, host),
        peer_interest_(poll_, peer_),
        inner_interest_(poll_, inner_) {
    inner_.setBlocking(false);
    sendAtOnce(peer_);
    thread_ = std::thread([this] { run(); });
  }

  ~Worker() {
    stop();
    thread_.join();
  }

  std::string waitForHandshake() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return secured_ || over_; });
    return secured_ ? "" : problem_;
  }

 private:
  void stop() {
    stopping_ = true;
    const std::lock_guard lock(mutex_);
    if (over_) return;
    // One of them is always waited for.
    shutDown(peer_);
    shutDown(inner_);
  }

  static void shutDown(StreamSocket& socket) {
    try {
      socket.shutdown();
    } catch (const Poco::Exception&) {  // it is not connected any more
    }
  }

  void run() {
    std::string problem;
    try {
      problem = move();
    } catch (const Poco::Exception& error) {
      problem = error.displayText();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (stopping_) problem = "it was stopped";
    finish(problem);
    if (on_end_) on_end_(stopping_ ? "" : problem);
  }

  void finish(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    over_ = true;
    problem_ = problem;
    tls_.reset();
    peer_interest_.want(0);
    inner_interest_.want(0);
    peer_.close();
    inner_.close();
    changed_.notify_all();
  }

  /// Until the end. \return why it came, empty: as it should
  std::string move() {
    setDeadline(limits_.handshake);
    while (!stopping_) {
      bool moved = is_secure_ ? moveIn() : shakeHands();
      moved = moveOut() || moved;
      if (failed_) return tls_->problem();
      if (isOver()) return {};
      if (!moved && !wait()) return lateness();
    }
    return {};
  }

  bool isOver() const {
    if (!is_secure_) return inner_ended_;  // nobody waits for it
    return end_told_ && peer_ended_ && in_.empty();
  }

  std::string lateness() const {
    if (is_secure_) return end_told_ ? "" : "it did not take in time what was left for it";
    return "the TLS handshake was not done within " + durationText(limits_.handshake);
  }

  bool shakeHands() {
    if (peer_read_awaits_ != 0) return false;
    if (!settle(tls_->handshake(), peer_read_awaits_)) return false;
    is_secure_ = true;
    deadline_ = Clock::time_point::max();
    const std::lock_guard lock(mutex_);
    secured_ = true;
    changed_.notify_all();
    return true;
  }

  /// \return whether the call was done
  bool settle(TlsStatus status, int& awaits) {
    awaits = awaited(status);
    failed_ = failed_ || status == TlsStatus::kFailed;
    return status == TlsStatus::kDone;
  }

  /// From the peer to the plain side. \return whether anything moved
  bool moveIn() {
    bool moved = false;
    if (in_.empty() && !peer_ended_ && peer_read_awaits_ == 0) {
      std::size_t count = 0;
      const TlsStatus status = tls_->read(in_.room(), count);
      if (settle(status, peer_read_awaits_)) in_.fill(count);
      peer_ended_ = status == TlsStatus::kEnd;
      moved = peer_read_awaits_ == 0;
    }
    if (!in_.empty() && !inner_is_full_) moved = giveInner() || moved;
    if (peer_ended_ && in_.empty() && !inner_told_) {
      inner_told_ = true;
      if (!inner_is_gone_) endInner();
    }
    return moved;
  }

  bool giveInner() {
    int count = -1;
    try {
      if (!inner_is_gone_) {
        count = sendSome(inner_, in_.content());
      }
    } catch (const Poco::Exception&) {
      inner_is_gone_ = true;
    }
    if (inner_is_gone_) {
      in_.clear();  // read only so that the peer can end
    } else if (count < 0) {
      inner_is_full_ = true;
      return false;
    } else {
      in_.take(static_cast<std::size_t>(count));
    }
    return true;
  }

  void endInner() {
    try {
      inner_.shutdownSend();
    } catch (const Poco::Exception&) {
      inner_is_gone_ = true;
    }
  }

  /// From the plain side to the peer. \return whether anything moved
  bool moveOut() {
    bool moved = false;
    if (out_.empty() && !inner_ended_ && inner_has_) moved = takeInner();
    if (!is_secure_ || peer_write_awaits_ != 0) return moved;
    if (!out_.empty()) {
      std::size_t count = 0;
      if (settle(tls_->write(out_.content(), count), peer_write_awaits_)) out_.take(count);
      return true;
    }
    if (!inner_ended_ || end_told_) return moved;
    if (settle(tls_->end(), peer_write_awaits_)) {
      end_told_ = true;
      peer_.shutdownSend();
      setDeadline(kLinger);
    }
    return true;
  }

  bool takeInner() {
    int count = 0;
    try {
      count = inner_.receiveBytes(out_.room().data(), static_cast<int>(out_.room().size()));
    } catch (const Poco::Exception&) {
      inner_is_gone_ = true;
    }
    if (count > 0) {
      out_.fill(static_cast<std::size_t>(count));
    } else if (count < 0) {
      inner_has_ = false;
      return false;
    } else {
      inner_ended_ = true;
      if (is_secure_) setDeadline(limits_.close);
    }
    return true;
  }

  void setDeadline(milliseconds time) { deadline_ = Clock::now() + time; }

  /// Until something can go on. \return false: the time is up
  bool wait() {
    const bool reads_peer = !is_secure_ || (in_.empty() && !peer_ended_);
    const bool writes_peer = is_secure_ && (!out_.empty() || (inner_ended_ && !end_told_));
    peer_interest_.want((reads_peer ? peer_read_awaits_ : 0) |
                        (writes_peer ? peer_write_awaits_ : 0));
    inner_interest_.want((out_.empty() && !inner_ended_ ? PollSet::POLL_READ : 0) |
                         (!in_.empty() && inner_is_full_ ? PollSet::POLL_WRITE : 0));

    const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
    if (deadline_ != Clock::time_point::max() && left <= milliseconds::zero()) return false;
    const auto ready = poll_.poll(Poco::Timespan(
        std::chrono::duration_cast<std::chrono::microseconds>(std::min(left, kForever)).count()));
    const int peer = peer_interest_.among(ready);
    const int inner = inner_interest_.among(ready);
    peer_read_awaits_ &= ~peer;
    peer_write_awaits_ &= ~peer;
    if ((inner & PollSet::POLL_READ) != 0) inner_has_ = true;
    if ((inner & PollSet::POLL_WRITE) != 0) inner_is_full_ = false;
    return true;
  }

  const TlsPumpLimits limits_;
  const OnEnd on_end_;
  StreamSocket peer_;
  StreamSocket inner_;  ///< connected to the plain side
  std::optional<TlsStream> tls_;
  PollSet poll_;
  Interest peer_interest_;
  Interest inner_interest_;
  Clock::time_point deadline_ = Clock::time_point::max();

  Buffer in_;   ///< from the peer
  Buffer out_;  ///< to the peer
  bool is_secure_ = false;
  bool failed_ = false;
  int peer_read_awaits_ = 0;   ///< of poll modes; 0: reading, or the handshake, may be tried
  int peer_write_awaits_ = 0;  ///< the same of writing, or of the end
  bool peer_ended_ = false;
  bool end_told_ = false;       ///< to the peer
  bool inner_has_ = true;       ///< something to read, perhaps
  bool inner_is_full_ = false;  ///< takes nothing just now
  bool inner_ended_ = false;
  bool inner_told_ = false;  ///< that the peer has ended
  bool inner_is_gone_ = false;

  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  ///< guards what follows, and the sockets against being closed by finish()
  std::condition_variable changed_;
  bool secured_ = false;
  bool over_ = false;
  std::string problem_;

  std::thread thread_;
};

TlsPump::TlsPump(Poco::Net::StreamSocket plain, std::unique_ptr<Worker> worker)
    : plain_(std::move(plain)), worker_(std::move(worker)) {}

TlsPump::~TlsPump() = default;

std::unique_ptr<TlsPump> TlsPump::accept(const TlsContext& context, const StreamSocket& accepted,
                                         const TlsPumpLimits& limits, OnEnd on_end) {
  return connect(context, accepted, {}, limits, std::move(on_end));
}

std::unique_ptr<TlsPump> TlsPump::connect(const TlsContext& context, const StreamSocket& connected,
                                          const std::string& host, const TlsPumpLimits& limits,
                                          OnEnd on_end) {
  auto [plain, inner] = makeLocalPair();
  auto worker =
      std::make_unique<Worker>(context, connected, inner, host, limits, std::move(on_end));
  return std::unique_ptr<TlsPump>(new TlsPump(plain, std::move(worker)));
}

StreamSocket TlsPump::takePlain() { return std::exchange(plain_, StreamSocket()); }

std::string TlsPump::waitForHandshake() { return worker_->waitForHandshake(); }

}  // namespace holdfast::proxy
