/// \file tls_pump.h
/// TLS on one side, plain bytes on the other, so that nobody else has to know of TLS.
///
///     peer ══ TLS socket ══ pump's thread ── socket pair ── takePlain()
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/tls/tls_context.h"

namespace holdfast::proxy {

struct TlsPumpLimits {
  std::chrono::milliseconds handshake{10'000};  ///< all of it
  /// For the peer to take what is left, and then to end its side.
  std::chrono::milliseconds close{10'000};
};

/// One TLS connection and the thread that moves its bytes. Each direction has a small buffer; who
/// does not read makes the other side wait. How many pumps there are is their owner's to limit.
///
/// The end of the stream is passed on in each direction: a close_notify of the peer (or the end of
/// its TCP stream) is an end for the reader of the plain side; what the plain side ends, or closes,
/// is a close_notify for the peer.
///
/// Writes to a peer that is gone raise SIGPIPE, which the process must ignore.
class TlsPump {
 public:
  /// Runs on the pump's thread, once, as the last that it does; may be empty.
  /// \param problem  why it ended, in words for a log or a person; empty: both sides ended as they
  ///   should, or the pump was destroyed
  using OnEnd = std::function<void(const std::string& problem)>;

  /// Server side. \param accepted  the pump's alone from now on
  /// Throws std::system_error or Poco::Exception where there is no room for a thread or sockets.
  static std::unique_ptr<TlsPump> accept(const TlsContext& context,
                                         const Poco::Net::StreamSocket& accepted,
                                         const TlsPumpLimits& limits = {}, OnEnd on_end = {});

  /// Client side. \param connected  to the server or to a tunnel to it; the pump's alone from now
  /// on \param host  name or numeric address (IPv6 without brackets) that the certificate must be
  /// for;
  ///   a name is also sent as SNI
  /// Throws as accept().
  static std::unique_ptr<TlsPump> connect(const TlsContext& context,
                                          const Poco::Net::StreamSocket& connected,
                                          const std::string& host, const TlsPumpLimits& limits = {},
                                          OnEnd on_end = {});

  ~TlsPump();  ///< cuts what is still going on, and waits for the thread
  TlsPump(const TlsPump&) = delete;
  TlsPump& operator=(const TlsPump&) = delete;

  /// The plain side: a connected local socket. To be called once. It may be written to before the
  /// handshake is over, and outlive the pump: it then reads the end of the stream.
  Poco::Net::StreamSocket takePlain();

  /// Waits, at most as long as a handshake may take. From any thread.
  /// \return why it failed, in words: the certificate has expired, is for another name, is signed
  /// by
  ///   nobody who is believed; the peer speaks no TLS; it did not answer in time. Empty: it is
  ///   done.
  std::string waitForHandshake();
  /// The same, for `time` at most. \return nothing: it is still going on
  std::optional<std::string> waitForHandshake(std::chrono::milliseconds time);

 private:
  class Worker;
  TlsPump(const Poco::Net::StreamSocket& plain, std::unique_ptr<Worker> worker);

  Poco::Net::StreamSocket plain_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace holdfast::proxy
