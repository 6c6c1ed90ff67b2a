/// \file channel_listener.h
/// The listener of the debug channel (`--channel`), for a web server that passes on the debug path,
/// or for debuggers themselves by TLS.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/settings.h"
#include "host/front/http_front_end.h"
#include "host/site/socket_keeper.h"

namespace holdfast {

/// An HTTP front end of smaller limits. Belongs to the event loop's thread.
class ChannelListener {
 public:
  struct Listener {
    RequestSink sink;
    FinishedSink on_finished;
    std::function<bool(const std::string&)> is_uncapped;  ///< as of HttpFrontEnd
    /// The socket file is gone and cannot be made anew, in words; empty: it is there again.
    std::function<void(const std::string&)> on_trouble;
  };

  /// \param settings  with a server.channel
  /// Throws std::runtime_error with cause and remedy where it cannot listen; std::invalid_argument
  /// where it is the settings that are wrong: the certificate, its key.
  ChannelListener(EventLoop& loop, const Settings::Server& settings, const HttpLimits& limits,
                  Listener listener);

  /// `unix:/run/site-debug.sock`, `tcp:127.0.0.1:8001`: with the port that it has
  std::string address() const;
  /// The same for a person: `tcp:192.0.2.1:8443 with TLS`
  std::string name() const;

  /// The certificate is read anew, for connections that come from now on. One that is wrong is said
  /// in the log, and the former stays.
  void applySettings(const Settings::Server& settings);
  void drain();
  /// As HttpFrontEnd::unfinished().
  std::size_t unfinished() const { return front_->unfinished(); }

 private:
  const std::string address_;
  std::unique_ptr<HttpFrontEnd> front_;
  std::unique_ptr<SocketKeeper> keeper_;
};

}  // namespace holdfast
