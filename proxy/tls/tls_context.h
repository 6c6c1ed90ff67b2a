/// \file tls_context.h
/// What a TLS stream needs to know before it begins: who we are, or whom we believe.
#pragma once

#include <Poco/Net/Context.h>

#include <string>

namespace holdfast::proxy {

using TlsContext = Poco::Net::Context::Ptr;

/// For those who connect to us: TLS 1.2 and 1.3, no certificate of theirs is asked for.
/// \param certificate  PEM file, ours first, then those between it and a root
/// \param key          PEM file without a passphrase
/// Throws std::runtime_error that names the file and the cause.
TlsContext serverTlsContext(const std::string& certificate, const std::string& key);

/// For connecting to others, whose certificates are verified: TLS 1.2 and 1.3.
/// \param ca_file  PEM file of the roots that are believed, or empty: those of the system
/// Throws std::runtime_error that names the file and the cause.
TlsContext clientTlsContext(const std::string& ca_file);

}  // namespace holdfast::proxy
