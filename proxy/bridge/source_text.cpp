#include "proxy/bridge/source_text.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace holdfast::proxy {
namespace {

std::string withLineFeeds(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
    result += text[at];
  }
  return result;
}

std::string withCarriageReturns(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 20);
  for (const char c : text) {
    if (c == '\n') result += '\r';
    result += c;
  }
  return result;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += {kHex[digest[i] >> 4], kHex[digest[i] & 0x0F]};
  return text;
}

bool isSameSource(std::string_view text, std::string_view hash) {
  if (sha256(text) == hash) return true;
  const std::string plain = withLineFeeds(text);
  return sha256(plain) == hash || sha256(withCarriageReturns(plain)) == hash;
}

}  // namespace holdfast::proxy
