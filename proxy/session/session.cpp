#include "proxy/session/session.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "proxy/session/session_relay.h"

namespace holdfast::proxy {

class Session::Impl {
 public:
  Impl(SessionPlan plan, std::function<void(const SessionEnd&)> on_end,
       std::function<void()> on_over)
      : on_end_(std::move(on_end)),
        on_over_(std::move(on_over)),
        client_(plan.client),
        relay_(std::in_place, std::move(plan),
               SessionRelay::Outside{poll_, [this] { return takeOrders(); },
                                     [this](const std::string& name) { setClientName(name); },
                                     [this] { ending_ = true; },
                                     [this](const SessionEnd& end) { tellEnd(end); }}),
        thread_([this] { run(); }) {}

  ~Impl() {
    end({CloseCode::kGoingAway, "the host ends", false});
    thread_.join();
  }

  void end(SessionOrders::End order) {
    {
      const std::lock_guard lock(mutex_);
      if (!orders_.end) orders_.end = std::move(order);
    }
    poll_.wake();
  }

  void engineGone() {
    {
      const std::lock_guard lock(mutex_);
      orders_.engine_gone = true;
    }
    poll_.wake();
  }

  bool isEnding() const { return ending_; }

  std::string clientName() const {
    const std::lock_guard lock(mutex_);
    return client_name_;
  }

 private:
  void run() {
    SessionEnd failed;
    try {
      relay_->run();
    } catch (const std::exception& exception) {
      failed.text = std::string("an error of the host's: ") + exception.what();
    }
    relay_.reset();  // lets go of the engine, whatever error has left it open
    tellEnd(failed);
    if (on_over_) on_over_();
  }

  /// The first one counts.
  void tellEnd(const SessionEnd& end) {
    if (!std::exchange(end_told_, true)) on_end_(end);
  }

  SessionOrders takeOrders() {
    const std::lock_guard lock(mutex_);
    return orders_;
  }

  void setClientName(const std::string& name) {
    const std::lock_guard lock(mutex_);
    client_name_ = name;
  }

  const std::function<void(const SessionEnd&)> on_end_;
  const std::function<void()> on_over_;
  /// Never used. Whoever has given the socket may be late to drop its copy: so this one is the
  /// last, and goes when the thread has ended.
  const Poco::Net::StreamSocket client_;
  bool end_told_ = false;  ///< the thread's
  mutable std::mutex mutex_;
  SessionOrders orders_;     ///< guarded by mutex_
  std::string client_name_;  ///< guarded by mutex_
  std::atomic<bool> ending_ = false;
  WakePoll poll_;
  std::optional<SessionRelay> relay_;  ///< the thread's
  std::thread thread_;
};

Session::Session(SessionPlan plan, std::function<void(const SessionEnd&)> on_end,
                 std::function<void()> on_over)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(on_end), std::move(on_over))) {}

Session::~Session() = default;

void Session::end(CloseCode code, std::string reason, bool restart) {
  impl_->end({code, std::move(reason), restart});
}

void Session::engineGone() { impl_->engineGone(); }

bool Session::isEnding() const { return impl_->isEnding(); }

std::string Session::clientName() const { return impl_->clientName(); }

}  // namespace holdfast::proxy
