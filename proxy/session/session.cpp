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
  Impl(SessionPlan plan, std::function<void(const SessionEnd&)> on_end)
      : on_end_(std::move(on_end)),
        relay_(std::in_place, std::move(plan),
               SessionRelay::Outside{poll_, [this] { return takeOrders(); },
                                     [this](const std::string& name) { setClientName(name); },
                                     [this] { ending_ = true; }}),
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
    SessionEnd end;
    try {
      end = relay_->run();
    } catch (const std::exception& exception) {
      end.text = std::string("an error of the host's: ") + exception.what();
    }
    relay_.reset();  // closes what an error has left open
    on_end_(end);
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
  mutable std::mutex mutex_;
  SessionOrders orders_;     ///< guarded by mutex_
  std::string client_name_;  ///< guarded by mutex_
  std::atomic<bool> ending_ = false;
  WakePoll poll_;
  std::optional<SessionRelay> relay_;  ///< the thread's
  std::thread thread_;
};

Session::Session(SessionPlan plan, std::function<void(const SessionEnd&)> on_end)
    : impl_(std::make_unique<Impl>(std::move(plan), std::move(on_end))) {}

Session::~Session() = default;

void Session::end(CloseCode code, std::string reason, bool restart) {
  impl_->end({code, std::move(reason), restart});
}

void Session::engineGone() { impl_->engineGone(); }

bool Session::isEnding() const { return impl_->isEnding(); }

std::string Session::clientName() const { return impl_->clientName(); }

}  // namespace holdfast::proxy
