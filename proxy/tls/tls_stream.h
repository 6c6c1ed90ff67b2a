/// \file tls_stream.h
/// TLS on a non-blocking socket: each call does what it can do at once.
#pragma once

#include <Poco/Net/StreamSocket.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "proxy/tls/tls_context.h"
#include "proxy/tls/tls_problem.h"

struct ssl_st;
struct x509_store_ctx_st;

namespace holdfast::proxy {

enum class TlsStatus {
  kDone,
  kWantsRead,   ///< the same call again when the socket can be read
  kWantsWrite,  ///< the same call again when it can be written
  kEnd,         ///< of read(): the peer has ended its side
  kFailed,      ///< problem() says why; nothing else works any more
};

/// One thread's. Not through Poco's SecureStreamSocket: that one does not say which way a call is
/// blocked, and compares names with the certificate by rules of its own.
class TlsStream {
 public:
  /// \param socket  connected; is made non-blocking
  /// \param host    whom the peer's certificate must name; empty: we are the server
  TlsStream(const TlsContext& context, const Poco::Net::StreamSocket& socket,
            const std::string& host);
  ~TlsStream();

  TlsStatus handshake();
  /// \param[out] count  bytes, with kDone: at least one
  TlsStatus read(std::span<std::byte> buffer, std::size_t& count);
  TlsStatus write(std::span<const std::byte> bytes, std::size_t& count);
  /// Tells the peer that nothing more comes. kDone: that is out.
  TlsStatus end();

  /// In words for a log or a person; what is the peer's in it is printable.
  const std::string& problem() const { return problem_; }

 private:
  TlsStatus statusOf(int result);
  TlsStatus fail(std::string problem);
  void expectPeer();
  static int onVerified(int ok, x509_store_ctx_st* store);

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  const TlsContext context_;
  Poco::Net::StreamSocket socket_;
  TlsPeer peer_;
  std::unique_ptr<ssl_st, Free> ssl_;
  std::string problem_;
};

}  // namespace holdfast::proxy
