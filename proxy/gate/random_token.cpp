#include "proxy/gate/random_token.h"

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

#include "proxy/gate/hex.h"

namespace holdfast::proxy {

std::string randomToken() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes: cannot make a token");
  }
  return hexDigits(bytes);
}

}  // namespace holdfast::proxy
