/// \file hold_watch.h
/// Carries what a session's tap finds out from the session's thread to the loop's.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "proxy/session/session.h"
#include "proxy/tap/hold.h"
#include "proxy/tap/session_tap.h"

namespace holdfast::proxy {

/// The observer of one session. Changes that come faster than they are taken become one.
class HoldWatch : public SessionObserver {
 public:
  /// \param on_change  take() has something; on the session's thread, and not again before it was
  ///   called
  explicit HoldWatch(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

  void onClientMessage(std::string_view content) override;
  void onEngineMessage(std::string_view content) override;
  void onBlind() override;

  /// How it is now, if that has changed since it was taken last. Any thread.
  std::optional<HoldNews> take();

 private:
  void tell(bool changed);

  const std::function<void()> on_change_;
  SessionTap tap_;  ///< the session's thread's
  std::mutex mutex_;
  HoldNews news_;      ///< guarded by mutex_
  bool told_ = false;  ///< guarded by mutex_
};

}  // namespace holdfast::proxy
