#include "proxy/tls/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "tests/config/temp_directory.h"
#include "tests/support/certificates.h"

namespace holdfast::proxy {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TlsContextTest : public testing::Test {
 protected:
  TlsContextTest() { Certificate({}).write(certificate_, key_); }

  std::string path(const std::string& name) const { return (temp_.path() / name).string(); }

  static std::string refusal(const std::function<void()>& make) {
    try {
      make();
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "taken";
  }
  std::string serverRefusal(const std::string& certificate, const std::string& key) const {
    return refusal([&] { serverTlsContext(certificate, key); });
  }

  TempDirectory temp_;
  const std::string certificate_ = path("site.pem");
  const std::string key_ = path("site.key");
};

TEST_F(TlsContextTest, TakesACertificateWithItsKey) {
  EXPECT_EQ(serverRefusal(certificate_, key_), "taken");
}

TEST_F(TlsContextTest, NamesAFileThatIsNotThere) {
  EXPECT_EQ(serverRefusal(path("none.pem"), key_),
            path("none.pem") + " cannot be read: No such file or directory");
  EXPECT_EQ(serverRefusal(certificate_, path("none.key")),
            path("none.key") + " cannot be read: No such file or directory");
  EXPECT_EQ(refusal([&] { clientTlsContext(path("none.pem")); }),
            path("none.pem") + " cannot be read: No such file or directory");
}

TEST_F(TlsContextTest, NamesAFileWithSomethingElse) {
  temp_.write("empty", "");
  temp_.write("text", "no certificate\n");
  EXPECT_EQ(serverRefusal(path("empty"), key_), path("empty") + " is empty");
  EXPECT_THAT(serverRefusal(path("text"), key_),
              StartsWith(path("text") + " has no certificate in PEM format"));
  EXPECT_THAT(serverRefusal(key_, key_), StartsWith(key_ + " has no certificate in PEM format"));
  EXPECT_THAT(serverRefusal(certificate_, certificate_),
              StartsWith(certificate_ + " has no private key in PEM format"));
  EXPECT_THAT(refusal([&] { clientTlsContext(path("text")); }),
              StartsWith(path("text") + " has no certificate in PEM format"));
}

TEST_F(TlsContextTest, RefusesTheKeyOfAnotherCertificate) {
  Certificate({}).write(path("other.pem"), path("other.key"));
  EXPECT_THAT(
      serverRefusal(certificate_, path("other.key")),
      StartsWith(path("other.key") + " is not the key of the certificate in " + certificate_));
}

TEST_F(TlsContextTest, RefusesAKeyWithAPassphrase) {
  Certificate({}).write(certificate_, key_, "secret words");
  EXPECT_THAT(serverRefusal(certificate_, key_), HasSubstr("has a passphrase"));
}

}  // namespace
}  // namespace holdfast::proxy
