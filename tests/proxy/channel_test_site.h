/// \file channel_test_site.h
/// A channel with all around it that a test of its answers needs.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/channel.h"
#include "tests/proxy/channel_requests.h"

namespace holdfast::proxy {

/// What the host does, written down.
struct RecordedEvents : ChannelEvents {
  void onAttached(const std::string& client, const std::string& mark) override {
    happened.push_back("attached " + client);
    last_mark = mark;
  }
  void onDetached(const SessionEnd& end) override {
    happened.push_back(end.engine_released ? "detached" : "detached, engine not released");
  }
  void onHold(const HoldNews& news) override { happened.push_back(stateName(news.hold)); }
  void audit(LogLevel, const std::string& text) override { lines.push_back(text); }
  EngineState engine() override { return state; }
  void onEngineWanted() override { happened.push_back("wanted"); }
  HoldReport holds() override { return held; }
  ViewRows view() override { return {{"Worker 1", "idle <b>"}}; }

  bool hasLine(const std::string& part) const {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  EngineState state;
  HoldReport held;
  std::vector<std::string> happened;
  std::vector<std::string> lines;
  std::string last_mark;
};

class ChannelTestSite {
 public:
  explicit ChannelTestSite(ChannelPlan the_plan = plan()) {
    events.state.kind = EngineState::kReady;
    events.state.name = "debugpy";
    events.state.version = "1.8.22";
    events.state.python = "3.11.2";
    channel = std::make_unique<Channel>(
        std::move(the_plan), events,
        [this](std::function<void()> function) {
          const std::lock_guard lock(mutex_);
          posted_.push_back(std::move(function));
          came_.notify_one();
        },
        [this] { return now; });
  }

  static ChannelPlan plan() {
    ChannelPlan plan;
    plan.secret = Secret(kTestSecret);
    plan.expires = std::chrono::hours(48);
    plan.app_root = "/srv/caf\xC3\xA9 1";
    plan.version = "0.1.0";
    return plan;
  }

  ChannelAnswer answer(const ChannelRequest& request) { return channel->answer(request); }

  /// Runs what was posted to the loop's thread, until `done`. \return whether it is, in good time
  bool runUntil(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::unique_lock lock(mutex_);
    while (!done()) {
      if (!came_.wait_until(lock, end, [&] { return !posted_.empty(); })) return false;
      auto functions = std::exchange(posted_, {});
      lock.unlock();
      for (auto& function : functions) function();
      lock.lock();
    }
    return true;
  }

  Channel::Clock::time_point now = Channel::Clock::time_point() + std::chrono::hours(1000);
  RecordedEvents events;

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::function<void()>> posted_;

 public:
  std::unique_ptr<Channel> channel;
};

/// Empty: there is no such field.
inline std::string fieldOf(const ChannelAnswer& answer, const std::string& name) {
  return headerValue(answer.headers, name);
}

}  // namespace holdfast::proxy
