/// \file site_problem.h
/// What keeps the bridge from the site, in words: cause and remedy. Pure.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "proxy/bridge/http_answer.h"
#include "proxy/bridge/http_proxy.h"
#include "proxy/bridge/site_url.h"

namespace holdfast::proxy {

struct SiteProblem {
  std::string text;  ///< printable, in one line or several; contains no secret
  /// May pass without anybody doing anything: it is worth trying again.
  bool passing = false;
  std::chrono::seconds pause{0};  ///< before the next try, at least
};

/// A SiteProblem on its way to whoever prints it.
class SiteFailure : public std::runtime_error {
 public:
  explicit SiteFailure(SiteProblem problem)
      : std::runtime_error(problem.text), problem_(std::move(problem)) {}
  const SiteProblem& problem() const { return problem_; }

 private:
  SiteProblem problem_;
};

/// An answer to GET <path>/state or <path>/source other than what they give.
SiteProblem judgeAnswer(const SiteUrl& url, const HttpAnswer& answer);

/// An answer to an upgrade that is no 101, or not a right one.
/// \param objection  of checkAnswer()
SiteProblem judgeUpgrade(const SiteUrl& url, const HttpAnswer& answer,
                         const std::string& objection);

/// A status by which web servers answer where they do not pass an upgrade on.
bool showsMissingWebSockets(int status);
/// What is to be done about that.
SiteProblem webSocketsOff(const SiteUrl& url, const HttpAnswer& answer);

/// A proxy's answer to CONNECT other than 2xx.
SiteProblem judgeTunnel(const HttpProxy& proxy, const HttpAnswer& answer);

/// \param host  as it was looked up
SiteProblem unknownHost(const std::string& host, const std::string& cause);
SiteProblem noConnection(const std::string& place, const std::string& cause);
/// \param cause  of TlsPump
SiteProblem noTls(const SiteUrl& url, const std::string& cause);
/// It has ended, or said something that is no HTTP.
SiteProblem noHttp(const SiteUrl& url, bool said_something);

SiteProblem noAnswer(const SiteUrl& url, std::chrono::seconds limit);

}  // namespace holdfast::proxy
