/// \file http_front_end.h
/// The same requests by HTTP/1.1, on Poco's server: for `holdfast dev` and for
/// sites without a web server in front.
#pragma once

#include <memory>
#include <string>

#include "host/front/request.h"
#include "host/platform/event_loop.h"

namespace holdfast {

/// Poco serves each connection on a thread of its own; a request crosses to the
/// event loop's thread and its answer comes back, both with limits on what waits.
class HttpFrontEnd {
 public:
  /// \param address  `tcp:HOST:PORT`, port 0 for any. Throws std::runtime_error
  ///   that names address and cause.
  HttpFrontEnd(EventLoop& loop, const std::string& address, RequestSink sink);
  /// After the event loop has stopped; ends the connections that are left.
  ~HttpFrontEnd();

  /// `http://127.0.0.1:8000/`
  std::string url() const;
  /// No new connections; those that exist end with their next answer.
  void drain();
  /// Requests in progress; after drain(), those that are waited for.
  std::size_t requests() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
