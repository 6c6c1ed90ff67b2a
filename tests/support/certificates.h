/// \file certificates.h
/// Certificates for a test, made on the spot.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace holdfast {

/// A certificate with its key, signed by another one or by itself.
class Certificate {
 public:
  struct Plan {
    std::string name = "test";
    std::string alternatives = {};  ///< such as `DNS:site.example,IP:127.0.0.1`
    bool is_ca = false;
    long days_from = -1;  ///< from now
    long days_to = 1;
  };

  explicit Certificate(const Plan& plan, const Certificate* issuer = nullptr)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), x509_(X509_new(), X509_free) {
    X509* const x509 = x509_.get();
    X509_set_version(x509, X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_time_adj_ex(X509_getm_notBefore(x509), static_cast<int>(plan.days_from), 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(x509), static_cast<int>(plan.days_to), 0, nullptr);
    X509_set_pubkey(x509, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(plan.name.c_str()), -1, -1,
                               0);
    const Certificate& signer = issuer == nullptr ? *this : *issuer;
    X509_set_issuer_name(x509, X509_get_subject_name(signer.x509_.get()));
    if (plan.is_ca) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!plan.alternatives.empty()) extend(NID_subject_alt_name, plan.alternatives);
    if (X509_sign(x509, signer.key_.get(), EVP_sha256()) == 0) {
      throw std::runtime_error("a certificate cannot be signed");
    }
  }

  /// Both in PEM format. \param passphrase  of the key's file, or null
  void write(const std::filesystem::path& certificate, const std::filesystem::path& key = {},
             const char* passphrase = nullptr) const {
    const File out(std::fopen(certificate.c_str(), "w"), std::fclose);
    PEM_write_X509(out.get(), x509_.get());
    if (key.empty()) return;
    const File key_out(std::fopen(key.c_str(), "w"), std::fclose);
    PEM_write_PrivateKey(key_out.get(), key_.get(), passphrase ? EVP_aes_128_cbc() : nullptr,
                         nullptr, 0, nullptr, const_cast<char*>(passphrase));
  }

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  void extend(int kind, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()), X509_EXTENSION_free);
    X509_add_ext(x509_.get(), extension.get(), -1);
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> x509_;
};

}  // namespace holdfast
