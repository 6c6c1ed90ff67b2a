/// \file random_token.h
#pragma once

#include <string>

namespace holdfast::proxy {

/// 128 random bits as 32 hexadecimal digits, from OpenSSL's generator for secrets.
/// Throws std::runtime_error if it has none to give.
std::string randomToken();

}  // namespace holdfast::proxy
