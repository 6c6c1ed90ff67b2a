#include "proxy/gate/secret_gate.h"

#include <utility>

#include "proxy/gate/credentials.h"
#include "proxy/gate/web_server_remedies.h"

namespace holdfast::proxy {

namespace {

constexpr std::size_t kShortSecret = 16;

GateVerdict insecure() {
  return {403,
          "insecure",
          "This request came over plain HTTP, so the secret was not looked at: whoever listens on "
          "the way could read it. Use https:// or wss://. If TLS ends at a web server or load "
          "balancer, let it send X-Forwarded-Proto, and name it in server.trusted_hops. To take "
          "the secret over plain HTTP all the same, set debug.allow_insecure.",
          {}};
}

/// The web server's mistake, not the client's: nothing is known to have gone by plain HTTP.
GateVerdict schemeUnsaid() {
  return {403,
          "insecure",
          std::string("The web server did not say whether this request came by HTTPS, so the "
                      "secret was not looked at. Let it send X-Forwarded-Proto: ") +
              kForwardedProtoRemedy + " The debug path in a browser shows all that it needs.",
          {}};
}

GateVerdict expired(std::chrono::milliseconds after) {
  return {403,
          "expired",
          "Debugging has expired: it was on for " + inWords(after) +
              ", as debug.expires says. Start the site's host anew, or change the secret.",
          {}};
}

GateVerdict lockedOut(Lockout::Clock::duration remaining) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(remaining);
  return {429, "locked-out",
          "Too many wrong secrets came from your address. Try again in " + inWords(seconds) + ".",
          seconds};
}

GateVerdict unauthorized() {
  return {401,
          "secret",
          "The secret is missing or wrong. It is the site's setting debug.secret "
          "(WSGI_PTVSD_SECRET), sent as \"Authorization: Bearer SECRET\", which holdfast attach "
          "does.",
          {}};
}

}  // namespace

bool SecretGate::setRules(GateRules rules, Clock::time_point now) {
  const bool other = !has_rules_ || (rules.secret.empty() != rules_.secret.empty()) ||
                     !(rules.secret.empty() || isSameSecret(rules_.secret, rules.secret));
  const auto begin = other || !expiry_ ? now : *expiry_ - rules_.expires;
  rules_ = std::move(rules);
  has_rules_ = true;
  expiry_.reset();
  if (rules_.expires.count() > 0) expiry_ = begin + rules_.expires;
  return other;
}

bool SecretGate::isWeak() const { return rules_.secret.reveal().size() < kShortSecret; }

bool SecretGate::isConfidential(const ChannelRequest& request) const {
  return request.tls || request.loopback || rules_.allow_insecure;
}

std::optional<GateVerdict> SecretGate::judgeWay(const ChannelRequest& request,
                                                Clock::time_point now) {
  if (!isConfidential(request) && request.scheme_unsaid) {
    auditRefusal(request,
                 std::string("the web server did not say whether it came by HTTPS. Let it send "
                             "X-Forwarded-Proto: ") +
                     kForwardedProtoRemedy,
                 now);
    return schemeUnsaid();
  }
  if (!isConfidential(request)) {
    auditRefusal(request,
                 "it came over plain HTTP. If it sent the secret, somebody may have read that on "
                 "the way: set another one (holdfast secret)",
                 now);
    return insecure();
  }
  if (isExpired(now)) {
    auditRefusal(request, "debugging has expired", now);
    return expired(rules_.expires);
  }
  const auto remaining = lockout_.remaining(request.client, now);
  if (remaining > Clock::duration::zero()) {
    auditRefusal(request, "it is locked out for " + inWords(remaining) + " more", now);
    return lockedOut(remaining);
  }
  return std::nullopt;
}

GateVerdict SecretGate::judge(const ChannelRequest& request, Clock::time_point now) {
  if (auto verdict = judgeWay(request, now)) return *verdict;
  const Credentials credentials = credentialsOf(request);
  if (credentials.scheme == CredentialScheme::kNone) {
    auditRefusal(request, "it gave no secret", now);
    return unauthorized();
  }
  GateVerdict verdict = judgeSecret(request, credentials.secret, now);
  if (verdict.passed() && credentials.scheme == CredentialScheme::kBasic) {
    refusals_.say(LogLevel::kWarning,
                  "Debug channel: " + auditName(request.client) +
                      " sent the secret as a user name (Basic), which web servers write into "
                      "their access logs. Look there, and set another secret if it is there; "
                      "holdfast attach sends it in a way that is not logged (Bearer)",
                  now);
  }
  return verdict;
}

GateVerdict SecretGate::judge(const ChannelRequest& request, const Secret& given,
                              Clock::time_point now) {
  if (auto verdict = judgeWay(request, now)) return *verdict;
  return judgeSecret(request, given, now);
}

GateVerdict SecretGate::judgeSecret(const ChannelRequest& request, const Secret& given,
                                    Clock::time_point now) {
  if (isSameSecret(rules_.secret, given)) {
    lockout_.forgive(request.client);
    return {};
  }
  const auto delay = lockout_.fail(request.client, now);
  auditRefusal(request,
               delay == Clock::duration::zero()
                   ? "its secret is wrong"
                   : "its secret is wrong; it is locked out for " + inWords(delay),
               now);
  return unauthorized();
}

void SecretGate::auditRefusal(const ChannelRequest& request, const std::string& why,
                              Clock::time_point now) {
  refusals_.say(LogLevel::kWarning,
                "Debug channel: " + auditName(request.client) + " was refused: " + why, now);
}

}  // namespace holdfast::proxy
