#include "proxy/tls/tls_stream.h"

#include <Poco/Net/IPAddress.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace holdfast::proxy {

void TlsStream::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(const TlsContext& context, const Poco::Net::StreamSocket& socket,
                     const std::string& host)
    : context_(context), socket_(socket), peer_{host, {}}, ssl_(SSL_new(context->sslContext())) {
  if (!ssl_) throw std::runtime_error("no memory for TLS");
  socket_.setBlocking(false);
  SSL_set_fd(ssl_.get(), socket_.impl()->sockfd());
  if (peer_.host.empty()) {
    SSL_set_accept_state(ssl_.get());
  } else {
    expectPeer();
    SSL_set_connect_state(ssl_.get());
  }
}

TlsStream::~TlsStream() = default;

/// The certificate itself is gone by the time that the handshake has failed on it.
int TlsStream::onVerified(int ok, X509_STORE_CTX* store) {
  const int error = X509_STORE_CTX_get_error(store);
  if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    const int index = SSL_get_ex_data_X509_STORE_CTX_idx();
    const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, index));
    auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
    stream->peer_.names = namesIn(X509_STORE_CTX_get_current_cert(store));
  }
  return ok;
}

void TlsStream::expectPeer() {
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, onVerified);
  Poco::Net::IPAddress address;
  if (Poco::Net::IPAddress::tryParse(peer_.host, address)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), peer_.host.c_str());
    return;
  }
  SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl_.get(), peer_.host.c_str());
  SSL_set_tlsext_host_name(ssl_.get(), peer_.host.c_str());
}

TlsStatus TlsStream::handshake() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(ssl_.get());
  return statusOf(result);
}

TlsStatus TlsStream::read(std::span<std::byte> buffer, std::size_t& count) {
  ERR_clear_error();
  errno = 0;
  return statusOf(SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count));
}

TlsStatus TlsStream::write(std::span<const std::byte> bytes, std::size_t& count) {
  ERR_clear_error();
  errno = 0;
  const TlsStatus status = statusOf(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count));
  // That is how OpenSSL tells a broken connection where the peer had ended its side before.
  return status == TlsStatus::kEnd ? fail("the connection was closed") : status;
}

TlsStatus TlsStream::end() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_shutdown(ssl_.get());
  // 0: ours is out, and the peer's has not come; reading waits for that.
  const TlsStatus status = result >= 0 ? TlsStatus::kDone : statusOf(result);
  return status == TlsStatus::kEnd ? TlsStatus::kDone : status;  // nobody is there to be told
}

TlsStatus TlsStream::statusOf(int result) {
  if (result > 0) return TlsStatus::kDone;
  const int system_error = errno;
  const int error = SSL_get_error(ssl_.get(), result);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return TlsStatus::kWantsRead;
    case SSL_ERROR_WANT_WRITE:
      return TlsStatus::kWantsWrite;
    case SSL_ERROR_ZERO_RETURN:
      if (SSL_is_init_finished(ssl_.get())) return TlsStatus::kEnd;
      break;
    default:
      break;
  }
  return fail(tlsProblem(ssl_.get(), error, system_error, peer_));
}

TlsStatus TlsStream::fail(std::string problem) {
  problem_ = std::move(problem);
  ERR_clear_error();
  return TlsStatus::kFailed;
}

}  // namespace holdfast::proxy
