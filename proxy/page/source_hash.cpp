#include "proxy/page/source_hash.h"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "proxy/gate/hex.h"
#include "proxy/page/file_below.h"

namespace holdfast::proxy {

namespace {
constexpr std::size_t kMostBytes = std::size_t{16} << 20;
}

std::optional<std::string> sourceHash(const std::string& app_root, const std::string& file) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) return std::nullopt;
  bool hashed = true;
  const bool is_read =
      readFileBelow(app_root, file, kMostBytes, [&](std::span<const std::byte> piece) {
        hashed = hashed && EVP_DigestUpdate(hash.get(), piece.data(), piece.size()) == 1;
      });
  std::array<unsigned char, 32> digest{};
  if (!is_read || !hashed || EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr) != 1) {
    return std::nullopt;
  }
  return hexDigits(digest);
}

}  // namespace holdfast::proxy
