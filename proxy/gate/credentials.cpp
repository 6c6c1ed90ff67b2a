#include "proxy/gate/credentials.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <optional>
#include <string>

#include "config/letter_case.h"

namespace holdfast::proxy {

namespace {

using Digest = std::array<unsigned char, 32>;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::string> base64Decoded(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  // OpenSSL takes an equals sign anywhere for a zero.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (text.substr(0, text.size() - padding).find('=') != text.npos) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

/// The user's name, or the password where there is no name. A secret may have colons in it.
std::string_view userOf(std::string_view pair) {
  if (pair.starts_with(':')) return pair.substr(1);
  if (pair.ends_with(':')) pair.remove_suffix(1);
  return pair;
}

/// \return whether there is one
bool digest(std::string_view text, Digest& out) {
  return EVP_Digest(text.data(), text.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1;
}

}  // namespace

Credentials credentialsOf(const ChannelRequest& request) {
  if (!request.hasHeader("Authorization")) return {};
  Credentials credentials{CredentialScheme::kMalformed, Secret()};
  const auto header = request.header("Authorization");
  if (!header) return credentials;
  const std::string_view value = trimmed(*header);
  const std::size_t blank = value.find(' ');
  if (blank == std::string_view::npos) return credentials;
  const std::string_view scheme = value.substr(0, blank);
  const std::string_view rest = trimmed(value.substr(blank));
  if (equalsIgnoringCase(scheme, "Bearer")) {
    credentials = {CredentialScheme::kBearer, Secret(rest)};
  } else if (equalsIgnoringCase(scheme, "Basic")) {
    auto pair = base64Decoded(rest);
    if (!pair) return credentials;
    credentials = {CredentialScheme::kBasic, Secret(userOf(*pair))};
    wipe(*pair);
  }
  return credentials;
}

bool isSameSecret(const Secret& secret, const Secret& given) {
  // Digests are of one length, which a comparison of the texts themselves would tell.
  Digest expected{};
  Digest actual{};
  if (!digest(secret.reveal(), expected) || !digest(given.reveal(), actual)) return false;
  const bool same = CRYPTO_memcmp(expected.data(), actual.data(), expected.size()) == 0;
  return same && !secret.empty();
}

}  // namespace holdfast::proxy
