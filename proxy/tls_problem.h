/// \file tls_problem.h
/// Why TLS failed, in words.
#pragma once

#include <string>

struct ssl_st;

namespace holdfast::proxy {

/// Of the call that has just failed on this thread.
/// \param ssl_error   as SSL_get_error() has it: SSL_ERROR_SSL or SSL_ERROR_SYSCALL
/// \param system_error  errno after that call; 0: the connection just ended
/// \param host        whom the certificate should name; empty: we are the server
std::string tlsProblem(const ssl_st* ssl, int ssl_error, int system_error, const std::string& host);

}  // namespace holdfast::proxy
