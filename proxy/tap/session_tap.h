/// \file session_tap.h
/// The tap that understands a session: which one, its first message says. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

#include "proxy/tap/dap_tap.h"
#include "proxy/tap/hold.h"
#include "proxy/tap/legacy_tap.h"

namespace holdfast::proxy {

/// One session. Not thread-safe.
class SessionTap {
 public:
  using Time = HoldState::Time;

  /// As DapTap has them.
  bool onClient(std::string_view content, Time now);
  bool onEngine(std::string_view content, Time now);
  /// Also for a session whose messages are in no language that a tap knows (legacy, binary).
  bool onBlind(Time now);
  const HoldNews& news() const;

 private:
  void choose(std::string_view content);

  std::variant<DapTap, LegacyTap> tap_;
  bool chosen_ = false;
};

}  // namespace holdfast::proxy
