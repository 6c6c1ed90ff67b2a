#include "proxy/tls/tls_pump.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "proxy/tls/socket_pair.h"
#include "proxy/tls/tls_relay.h"

namespace holdfast::proxy {

using Poco::Net::StreamSocket;

/// The thread, and what others may know of it.
class TlsPump::Worker {
 public:
  Worker(const TlsContext& context, const StreamSocket& peer, const StreamSocket& inner,
         const std::string& host, const TlsPumpLimits& limits, OnEnd on_end)
      : on_end_(std::move(on_end)),
        peer_(peer),
        inner_(inner),
        relay_(context, peer_, inner_, host, limits, [this] { onSecure(); }),
        thread_([this] { run(); }) {}

  ~Worker() {
    relay_.stop();
    thread_.join();
  }

  std::string waitForHandshake() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return isDecided(); });
    return result();
  }

  std::optional<std::string> waitForHandshake(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, time, [this] { return isDecided(); })) return std::nullopt;
    return result();
  }

 private:
  void run() {
    std::string problem;
    try {
      problem = relay_.run();
    } catch (const std::exception& error) {
      problem = error.what();
    }
    // Now, not when the pump is destroyed: both sides shall see the end.
    peer_.close();
    inner_.close();
    onEnd(problem);
    if (on_end_) on_end_(problem);
  }

  bool isDecided() const { return is_secure_ || problem_; }
  std::string result() const { return is_secure_ ? "" : *problem_; }

  void onSecure() {
    const std::lock_guard lock(mutex_);
    is_secure_ = true;
    changed_.notify_all();
  }

  void onEnd(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    problem_ = problem.empty() ? "it was not waited for" : problem;
    changed_.notify_all();
  }

  const OnEnd on_end_;
  StreamSocket peer_;
  StreamSocket inner_;
  TlsRelay relay_;
  std::mutex mutex_;  ///< guards is_secure_ and problem_
  std::condition_variable changed_;
  bool is_secure_ = false;
  std::optional<std::string> problem_;  ///< at the end; never empty
  std::thread thread_;
};

TlsPump::TlsPump(const StreamSocket& plain, std::unique_ptr<Worker> worker)
    : plain_(plain), worker_(std::move(worker)) {}

TlsPump::~TlsPump() = default;

std::unique_ptr<TlsPump> TlsPump::accept(const TlsContext& context, const StreamSocket& accepted,
                                         const TlsPumpLimits& limits, OnEnd on_end) {
  return connect(context, accepted, {}, limits, std::move(on_end));
}

std::unique_ptr<TlsPump> TlsPump::connect(const TlsContext& context, const StreamSocket& connected,
                                          const std::string& host, const TlsPumpLimits& limits,
                                          OnEnd on_end) {
  const auto [plain, inner] = makeLocalPair();
  auto worker =
      std::make_unique<Worker>(context, connected, inner, host, limits, std::move(on_end));
  return std::unique_ptr<TlsPump>(new TlsPump(plain, std::move(worker)));
}

StreamSocket TlsPump::takePlain() { return std::exchange(plain_, StreamSocket()); }

std::string TlsPump::waitForHandshake() { return worker_->waitForHandshake(); }

std::optional<std::string> TlsPump::waitForHandshake(std::chrono::milliseconds time) {
  return worker_->waitForHandshake(time);
}

}  // namespace holdfast::proxy
