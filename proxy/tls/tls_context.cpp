#include "proxy/tls/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "config/printable.h"

namespace holdfast::proxy {

namespace {

using Poco::Net::Context;

/// Of TLS 1.2; those of 1.3 are OpenSSL's own. All of them have forward secrecy.
constexpr const char* kServerCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kClientCiphers = "DEFAULT";

[[noreturn]] void refuse(const std::string& file, const std::string& cause) {
  ERR_clear_error();
  throw std::runtime_error(printable(file) + ' ' + cause);
}

/// OpenSSL's own words for this say neither which file nor why.
void checkReadable(const std::string& file) {
  errno = 0;
  std::ifstream stream(file);
  stream.peek();
  if (stream.good()) return;
  refuse(file, stream.eof() && errno == 0
                   ? "is empty"
                   : "cannot be read: " + std::generic_category().message(errno));
}

std::string lastReason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "" : std::string(" (") + reason + ')';
}

TlsContext makeContext(Context::Usage usage, const char* ciphers) {
  Context::Params params;
  params.cipherList = ciphers;
  params.dhUse2048Bits = true;
  params.verificationMode = Context::VERIFY_NONE;
  TlsContext context(new Context(usage, params));
  SSL_CTX* const ssl = context->sslContext();
  SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
  // What we carry has ends of its own, and most peers just close.
  SSL_CTX_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
  return context;
}

/// \param asked  bool: OpenSSL has come to ask
int noPassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

void useKey(SSL_CTX* ssl, const std::string& key, const std::string& certificate) {
  bool asked = false;
  SSL_CTX_set_default_passwd_cb(ssl, noPassphrase);
  SSL_CTX_set_default_passwd_cb_userdata(ssl, &asked);
  const bool used = SSL_CTX_use_PrivateKey_file(ssl, key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb(ssl, nullptr);
  SSL_CTX_set_default_passwd_cb_userdata(ssl, nullptr);
  if (used) return;
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) == ERR_LIB_X509) {
    refuse(key, "is not the key of the certificate in " + printable(certificate) + lastReason());
  }
  if (asked) {
    refuse(key,
           "has a passphrase, for which nobody can be asked: write it without one by openssl "
           "pkey -in " +
               printable(key) + " -out NEW_FILE");
  }
  refuse(key, "has no private key in PEM format" + lastReason());
}

}  // namespace

TlsContext serverTlsContext(const std::string& certificate, const std::string& key) {
  checkReadable(certificate);
  checkReadable(key);
  TlsContext context = makeContext(Context::TLS_SERVER_USE, kServerCiphers);
  SSL_CTX* const ssl = context->sslContext();
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ssl, certificate.c_str()) != 1) {
    refuse(certificate, "has no certificate in PEM format" + lastReason());
  }
  useKey(ssl, key, certificate);
  return context;
}

TlsContext clientTlsContext(const std::string& ca_file) {
  if (!ca_file.empty()) checkReadable(ca_file);
  TlsContext context = makeContext(Context::TLS_CLIENT_USE, kClientCiphers);
  SSL_CTX* const ssl = context->sslContext();
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  if (ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(ssl);
  } else if (SSL_CTX_load_verify_locations(ssl, ca_file.c_str(), nullptr) != 1) {
    refuse(ca_file, "has no certificate in PEM format" + lastReason());
  }
  return context;
}

}  // namespace holdfast::proxy
