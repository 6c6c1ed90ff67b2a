#include "proxy/gate/fresh_secret.h"

#include <openssl/rand.h>

#include <stdexcept>
#include <string_view>

namespace holdfast::proxy {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t kLength = 32;
/// Bytes from here on are thrown away: they would make some characters likelier than others.
constexpr unsigned kFair = 256 / kAlphabet.size() * kAlphabet.size();

}  // namespace

std::string freshSecret() {
  std::string secret;
  while (secret.size() < kLength) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1) {
      throw std::runtime_error("no secret: the system's random generator failed");
    }
    if (byte < kFair) secret += kAlphabet[byte % kAlphabet.size()];
  }
  return secret;
}

}  // namespace holdfast::proxy
