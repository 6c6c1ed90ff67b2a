#include "proxy/gate/credentials.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/channel_requests.h"

namespace holdfast::proxy {
namespace {

using Scheme = CredentialScheme;

Credentials of(const std::string& value) {
  return credentialsOf(withHeader(requestFor("/ptvsd"), "authorization", value));
}

TEST(Credentials, NoneWithoutTheHeader) {
  EXPECT_EQ(credentialsOf(requestFor("/ptvsd")).scheme, Scheme::kNone);
}

TEST(Credentials, TakesBearerInAnyCase) {
  for (const char* value : {"Bearer s3cret", "bearer s3cret", "BEARER   s3cret "}) {
    EXPECT_EQ(of(value).scheme, Scheme::kBearer) << value;
    EXPECT_EQ(of(value).secret.reveal(), "s3cret") << value;
  }
}

TEST(Credentials, KeepsBlanksWithinASecret) {
  EXPECT_EQ(of("Bearer two words").secret.reveal(), "two words");
}

struct BasicCase {
  const char* encoded;
  const char* secret;
};

TEST(Credentials, TakesTheUserOfBasic) {
  const BasicCase cases[] = {
      {"czNjcmV0Og==", "s3cret"},   // s3cret:
      {"OnMzY3JldA==", "s3cret"},   // :s3cret
      {"czNjcmV0", "s3cret"},       // s3cret
      {"czM6Y3JldDo=", "s3:cret"},  // s3:cret:
      {"c8OpY3JldDo=",
       "s\xC3\xA9"
       "cret"},  // sécret:
  };
  for (const BasicCase& basic : cases) {
    const Credentials credentials = of("Basic " + std::string(basic.encoded));
    EXPECT_EQ(credentials.scheme, Scheme::kBasic) << basic.encoded;
    EXPECT_EQ(credentials.secret.reveal(), basic.secret) << basic.encoded;
  }
}

TEST(Credentials, WhatIsNeitherIsMalformed) {
  for (const char* value :
       {"", "Bearer", "Bearer ", "s3cret", "Digest s3cret", "Basic ", "Basic !",
        "Basic czNjcmV0Og=", "Basic c", "Basic ====", "Basic a===", "Basic czNj cmV0"}) {
    const Credentials credentials = of(value);
    EXPECT_EQ(credentials.scheme, Scheme::kMalformed) << '"' << value << '"';
    EXPECT_TRUE(credentials.secret.empty()) << '"' << value << '"';
  }
}

TEST(Credentials, TwoHeadersAreMalformed) {
  const auto request = withBearer(withBearer(requestFor("/ptvsd")), "another");
  EXPECT_EQ(credentialsOf(request).scheme, Scheme::kMalformed);
}

TEST(IsSameSecret, ComparesAllOfIt) {
  EXPECT_TRUE(isSameSecret(Secret("s3cret"), Secret("s3cret")));
  for (const char* other : {"", "s", "s3cre", "s3crets", "S3cret", "s3creT"}) {
    EXPECT_FALSE(isSameSecret(Secret("s3cret"), Secret(other))) << other;
  }
  EXPECT_FALSE(isSameSecret(Secret("s3cret"), Secret(std::string("s3cret\0", 7))));
}

TEST(IsSameSecret, AnEmptySecretIsLikeNothing) {
  EXPECT_FALSE(isSameSecret(Secret(), Secret()));
  EXPECT_FALSE(isSameSecret(Secret(), Secret("s3cret")));
}

}  // namespace
}  // namespace holdfast::proxy
