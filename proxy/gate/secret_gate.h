/// \file secret_gate.h
/// Who may pass: the secret, over a way that nobody else can read, and not by guessing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/secret.h"
#include "proxy/channel_request.h"
#include "proxy/gate/audit.h"
#include "proxy/gate/lockout.h"

namespace holdfast::proxy {

struct GateRules {
  Secret secret;
  std::chrono::milliseconds expires{};  ///< 0: never
  bool allow_insecure = false;
};

/// What a client is told. Which of the characters were wrong, or that there were too few of them,
/// is not part of it: every wrong secret gets the same.
struct GateVerdict {
  int status = 200;     ///< 401, 403, 429: refused
  std::string problem;  ///< one word for programs: `secret`, `insecure`, `expired`, `locked-out`
  std::string text;     ///< cause and remedy
  std::chrono::seconds retry_after{};  ///< of 429

  bool passed() const { return status == 200; }
};

/// Belongs to one thread.
class SecretGate {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SecretGate(Audit audit) : audit_(audit), refusals_(std::move(audit)) {}

  /// The time until expiry begins at the first call, and with another secret.
  /// \return whether the secret is another one
  bool setRules(GateRules rules, Clock::time_point now);

  /// By Authorization.
  GateVerdict judge(const ChannelRequest& request, Clock::time_point now);
  /// By a form.
  GateVerdict judge(const ChannelRequest& request, const Secret& given, Clock::time_point now);

  /// An attempt that is refused whatever the secret is: one line about it.
  void auditRefusal(const ChannelRequest& request, const std::string& why, Clock::time_point now);

  bool isExpired(Clock::time_point now) const { return expiry_ && now >= *expiry_; }
  /// None: never.
  std::optional<Clock::time_point> expiry() const { return expiry_; }
  /// The secret is so short that it may be guessed.
  bool isWeak() const;
  bool isConfidential(const ChannelRequest& request) const;
  std::size_t rememberedAddresses() const { return lockout_.size(); }

 private:
  std::optional<GateVerdict> judgeWay(const ChannelRequest& request, Clock::time_point now);
  GateVerdict judgeSecret(const ChannelRequest& request, const Secret& given,
                          Clock::time_point now);

  GateRules rules_;
  std::optional<Clock::time_point> expiry_;
  bool has_rules_ = false;
  Lockout lockout_;
  Audit audit_;
  AuditThrottle refusals_;
};

}  // namespace holdfast::proxy
