/// \file http_front_end.h
/// The same requests by HTTP/1.1: for `holdfast dev` and for sites without a web server in front.
#pragma once

#include <Poco/Net/ServerSocket.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "host/front/http_connection.h"
#include "host/rare_warning.h"

namespace holdfast {

/// Accepts connections and keeps them, so that one client cannot use up what others need. Belongs
/// to the event loop's thread.
class HttpFrontEnd : public HttpConnection::Owner {
 public:
  /// \param address  `tcp:HOST:PORT`, port 0 for any. Throws std::runtime_error
  ///   that names address and cause.
  /// \param is_uncapped  addresses that may have any number of connections: proxies
  HttpFrontEnd(EventLoop& loop, const std::string& address, const HttpLimits& limits,
               RequestSink sink, std::function<bool(const std::string&)> is_uncapped,
               FinishedSink on_finished = {});
  ~HttpFrontEnd() override;

  /// Also for the connections that there are.
  void setLimits(const HttpLimits& limits) { limits_ = limits; }

  /// `http://127.0.0.1:8000/`
  std::string url() const;
  /// No new connections; those that exist end with their next answer.
  void drain();
  /// Connections with a request in progress or an answer that is not all sent.
  std::size_t unfinished() const;

 private:
  using Connections = std::list<std::unique_ptr<HttpConnection>>;  ///< oldest first

  void onReady();
  void pauseAccepting();
  void admit(Socket socket);
  bool makeRoomFor(const std::string& address);
  static bool closeOneOf(const Connections& connections);
  void onClosed(HttpConnection& connection) override;
  void onRefused(const std::string& what) override { refused_.say(what); }

  EventLoop& loop_;
  HttpLimits limits_;
  const RequestSink sink_;
  const FinishedSink on_finished_;
  const std::function<bool(const std::string&)> is_uncapped_;
  Poco::Net::ServerSocket listener_;
  Socket accepting_;                                ///< the same socket
  std::map<std::string, Connections> connections_;  ///< by the client's address
  std::size_t count_ = 0;
  RareWarning too_many_;
  RareWarning cannot_accept_;
  RareWarning refused_;
  std::unique_ptr<Watch> watch_;
  Timer pause_;
};

}  // namespace holdfast
