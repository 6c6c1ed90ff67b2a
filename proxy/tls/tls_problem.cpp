#include "proxy/tls/tls_problem.h"

#include <Poco/Crypto/X509Certificate.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <set>
#include <system_error>

#include "config/printable.h"

namespace holdfast::proxy {

namespace {

constexpr std::size_t kMaxNames = 5;
constexpr std::size_t kMaxNameBytes = 100;

std::string verificationProblem(long result, const TlsPeer& peer) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet: is the clock of this machine right?";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is not for " + printable(peer.host) +
             (peer.names.empty() ? "" : ", but for " + peer.names);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return std::string("its certificate is signed by nobody whom this machine trusts (") +
             X509_verify_cert_error_string(result) +
             "); if that is meant, name the certificate of its CA by --ca FILE";
    default:
      return std::string("its certificate is not accepted: ") +
             X509_verify_cert_error_string(result);
  }
}

std::string protocolProblem(unsigned long error, bool is_server) {
  switch (ERR_GET_REASON(error)) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return "it speaks plain HTTP, but this is for HTTPS";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_RECORD_LENGTH_MISMATCH:
      return is_server ? "what it sends is no TLS" : "what it answers is no TLS (plain HTTP?)";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "there is no version of TLS that both sides speak; here it is 1.2 and 1.3";
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return "there is no cipher that both sides know";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "it does not accept our certificate";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
      return "it serves no site of this name";
    default: {
      const char* const reason = ERR_reason_error_string(error);
      return reason == nullptr ? "unknown error" : reason;
    }
  }
}

}  // namespace

std::string namesIn(const X509* certificate) {
  std::string common_name;
  std::set<std::string> names;
  Poco::Crypto::X509Certificate(X509_dup(certificate)).extractNames(common_name, names);
  if (names.empty() && !common_name.empty()) names.insert(common_name);
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    if (count++ == kMaxNames) return text + "...";
    text += printable(name.substr(0, kMaxNameBytes));
  }
  return text;
}

std::string tlsProblem(const SSL* ssl, int ssl_error, int system_error, const TlsPeer& peer) {
  const unsigned long error = ERR_peek_error();
  if (ssl_error == SSL_ERROR_SSL && error != 0) {
    const long result = SSL_get_verify_result(ssl);
    const bool by_certificate = ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    if (by_certificate && result != X509_V_OK) return verificationProblem(result, peer);
    return protocolProblem(error, peer.host.empty());
  }
  if (system_error != 0) return std::generic_category().message(system_error);
  return SSL_is_init_finished(ssl) ? "the connection ended" : "it ended the connection instead";
}

}  // namespace holdfast::proxy
