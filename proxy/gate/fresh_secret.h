/// \file fresh_secret.h
/// Secrets that nobody can guess.
#pragma once

#include <string>

namespace holdfast::proxy {

/// 32 letters and digits from OpenSSL's random generator, 190 bits: fit for a URL, a settings file
/// and a command line as they are. Throws std::runtime_error where the system gives no randomness.
std::string freshSecret();

}  // namespace holdfast::proxy
