/// \file tls_problem.h
/// Why TLS failed, in words.
#pragma once

#include <string>

struct ssl_st;
struct x509_st;

namespace holdfast::proxy {

/// Who should be at the other end of a client's connection, and who is.
struct TlsPeer {
  std::string host;   ///< whom the certificate must name; empty: we are the server
  std::string names;  ///< where it is for others: whom, printable
};

/// Whom a certificate is for: `site.example, www.site.example`, printable and bounded.
std::string namesIn(const x509_st* certificate);

/// Of the call that has just failed on this thread.
/// \param ssl_error   as SSL_get_error() has it: SSL_ERROR_SSL or SSL_ERROR_SYSCALL
/// \param system_error  errno after that call; 0: the connection just ended
std::string tlsProblem(const ssl_st* ssl, int ssl_error, int system_error, const TlsPeer& peer);

}  // namespace holdfast::proxy
