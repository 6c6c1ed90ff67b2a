/// \file http_front_end.h
/// The same requests by HTTP/1.1: for `holdfast dev`, for sites without a web server in front, and
/// for the debug channel.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "host/front/http_connection.h"
#include "host/front/tls_pumps.h"
#include "host/rare_warning.h"

namespace holdfast {

/// Accepts connections and keeps them, so that one client cannot use up what others need. Belongs
/// to the event loop's thread.
class HttpFrontEnd : public HttpConnection::Owner {
 public:
  /// \param listener  of TCP, or a UNIX socket
  /// \param is_uncapped  addresses that may have any number of connections: proxies. Who comes by a
  ///   UNIX socket may.
  HttpFrontEnd(EventLoop& loop, Socket listener, const HttpLimits& limits, RequestSink sink,
               std::function<bool(const std::string&)> is_uncapped, FinishedSink on_finished = {});
  ~HttpFrontEnd() override;

  /// Also for the connections that there are.
  void setLimits(const HttpLimits& limits) { limits_ = limits; }

  /// Connections that come from now on speak TLS.
  void setTls(proxy::TlsContext context) { pumps_.setContext(std::move(context)); }
  /// Accepts on another socket from now on; what waits on the former one is accepted first.
  void moveTo(Socket listener);

  bool hasTls() const { return pumps_.isOn(); }
  /// `127.0.0.1:8000`; of a TCP listener only, as url()
  std::string address() const;
  /// `http://127.0.0.1:8000/`
  std::string url() const;
  /// No new connections; those that exist end with their next answer.
  void drain();
  /// Connections with a request in progress or an answer that is not all sent.
  std::size_t unfinished() const;

 private:
  using Connections = std::list<std::unique_ptr<HttpConnection>>;  ///< oldest first

  void onReady();
  /// \return false: none waits, or none can be had
  bool acceptOne();
  void watch();
  void pauseAccepting();
  void admit(Socket socket);
  bool makeRoomFor(const HttpEnds& ends);
  static bool closeOneOf(const Connections& connections);
  void onClosed(HttpConnection& connection) override;
  void onRefused(const std::string& what) override { refused_.say(what); }

  EventLoop& loop_;
  HttpLimits limits_;
  const RequestSink sink_;
  const FinishedSink on_finished_;
  const std::function<bool(const std::string&)> is_uncapped_;
  Socket listener_;
  bool draining_ = false;
  TlsPumps pumps_;
  std::map<std::string, Connections> connections_;  ///< by the client's address
  std::size_t count_ = 0;
  RareWarning too_many_;
  RareWarning cannot_accept_;
  RareWarning refused_;
  std::unique_ptr<Watch> watch_;
  Timer pause_;
};

}  // namespace holdfast
