#include "proxy/gate/secret_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/proxy/channel_requests.h"

namespace holdfast::proxy {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::Not;

class SecretGateTest : public testing::Test {
 protected:
  void SetUp() override { rule({Secret(kTestSecret), hours(48), false}); }

  bool rule(GateRules rules) { return gate_.setRules(std::move(rules), now_); }
  GateVerdict judge(const ChannelRequest& request) { return gate_.judge(request, now_); }
  GateVerdict tryFrom(const std::string& client, const std::string& secret) {
    ChannelRequest request = withBearer(requestFor("/ptvsd"), secret);
    request.client = client;
    return judge(request);
  }

  SecretGate::Clock::time_point now_ = SecretGate::Clock::time_point() + hours(1000);
  std::vector<std::string> lines_;
  SecretGate gate_{[this](LogLevel, const std::string& line) { lines_.push_back(line); }};
};

TEST_F(SecretGateTest, TheSecretPasses) {
  EXPECT_TRUE(judge(withBearer(requestFor("/ptvsd"))).passed());
  EXPECT_THAT(lines_, testing::IsEmpty());
}

TEST_F(SecretGateTest, BasicPassesWithAWarning) {
  const auto request = withHeader(requestFor("/ptvsd"), "Authorization",
                                  "Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZTo=");
  EXPECT_TRUE(judge(request).passed());
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("access logs"));
}

TEST_F(SecretGateTest, EveryWrongSecretGetsTheSame) {
  const std::string secret = kTestSecret;
  std::string text;
  for (const std::string& wrong :
       {std::string("x"), secret.substr(1), secret + "x", std::string(8000, 'x')}) {
    const GateVerdict verdict = judge(withBearer(requestFor("/ptvsd"), wrong));
    EXPECT_EQ(verdict.status, 401) << wrong;
    if (text.empty()) text = verdict.text;
    EXPECT_EQ(verdict.text, text);
  }
  EXPECT_EQ(judge(requestFor("/ptvsd")).text, text);
  EXPECT_THAT(lines_, Each(Not(HasSubstr(secret.substr(1)))));
}

struct Way {
  bool tls;
  bool loopback;
  bool allow_insecure;
  int right;  ///< status with the right secret
  int wrong;
};

TEST_F(SecretGateTest, TheSecretIsLookedAtOnlyWhereNobodyElseCanReadIt) {
  const Way ways[] = {
      {false, false, false, 403, 403}, {true, false, false, 200, 401},
      {false, true, false, 200, 401},  {false, false, true, 200, 401},
      {true, true, true, 200, 401},
  };
  for (const Way& way : ways) {
    rule({Secret(kTestSecret), hours(48), way.allow_insecure});
    ChannelRequest request = requestFor("/ptvsd");
    request.tls = way.tls;
    request.loopback = way.loopback;
    EXPECT_EQ(judge(withBearer(request)).status, way.right);
    EXPECT_EQ(judge(withBearer(request, "wrong")).status, way.wrong);
  }
}

TEST_F(SecretGateTest, AForgottenTlsSaysSo) {
  ChannelRequest request = withBearer(requestFor("/ptvsd"));
  request.tls = false;
  const GateVerdict verdict = judge(request);
  EXPECT_EQ(verdict.problem, "insecure");
  EXPECT_THAT(verdict.text, HasSubstr("X-Forwarded-Proto"));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("set another one"));
}

TEST_F(SecretGateTest, AWebServerThatDoesNotSayTheSchemeIsNotTakenForPlainHttp) {
  ChannelRequest request = withBearer(requestFor("/ptvsd"));
  request.tls = false;
  request.scheme_unsaid = true;
  const GateVerdict verdict = judge(request);
  EXPECT_EQ(verdict.status, 403);
  ASSERT_EQ(lines_.size(), 1U);
  for (const std::string& text : {verdict.text, lines_[0]}) {
    EXPECT_THAT(text, AllOf(HasSubstr("web server did not say"),
                            HasSubstr("proxy_set_header X-Forwarded-Proto $scheme;"),
                            Not(HasSubstr("trusted_hops")), Not(HasSubstr("plain HTTP")),
                            Not(HasSubstr("set another"))));
  }
  rule({Secret(kTestSecret), hours(48), true});
  EXPECT_TRUE(judge(request).passed()) << "debug.allow_insecure";
}

TEST_F(SecretGateTest, LocksOutWhoeverGuesses) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(tryFrom("192.0.2.1", "wrong").status, 401);
  const GateVerdict verdict = tryFrom("192.0.2.1", kTestSecret);
  EXPECT_EQ(verdict.status, 429);
  EXPECT_EQ(verdict.retry_after, seconds(1));
  EXPECT_TRUE(tryFrom("192.0.2.2", kTestSecret).passed()) << "another address is not locked out";
  now_ += seconds(1);
  EXPECT_TRUE(tryFrom("192.0.2.1", kTestSecret).passed());
  EXPECT_EQ(tryFrom("192.0.2.1", "wrong").status, 401) << "counting begins anew";
}

TEST_F(SecretGateTest, NoSecretIsNoGuess) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(judge(requestFor("/ptvsd")).status, 401);
  EXPECT_TRUE(judge(withBearer(requestFor("/ptvsd"))).passed());
}

TEST_F(SecretGateTest, TenThousandWrongSecretsTakeNoMemory) {
  int refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    const int status =
        tryFrom("10.1." + std::to_string(i % 50) + ".1", "wrong" + std::to_string(i)).status;
    refused += status == 401 || status == 429;
  }
  EXPECT_EQ(refused, 10'000);
  EXPECT_EQ(gate_.rememberedAddresses(), 50U);
  EXPECT_LE(lines_.size(), 20U);
  for (int i = 0; i < 2'000; ++i) tryFrom("2001:db8:" + std::to_string(i) + "::1", "wrong");
  EXPECT_LE(gate_.rememberedAddresses(), 1024U);
  EXPECT_TRUE(tryFrom("192.0.2.9", kTestSecret).passed());
}

TEST_F(SecretGateTest, ExpiresAfterItsTime) {
  now_ += hours(48) - seconds(1);
  EXPECT_TRUE(judge(withBearer(requestFor("/ptvsd"))).passed());
  now_ += seconds(1);
  const GateVerdict verdict = judge(withBearer(requestFor("/ptvsd")));
  EXPECT_EQ(verdict.status, 403);
  EXPECT_THAT(verdict.text, HasSubstr("it was on for 48 h"));
}

TEST_F(SecretGateTest, OnlyAnotherSecretBeginsTheTimeAnew) {
  now_ += hours(47);
  EXPECT_FALSE(rule({Secret(kTestSecret), hours(48), false}));
  now_ += hours(2);
  EXPECT_TRUE(gate_.isExpired(now_));
  EXPECT_FALSE(rule({Secret(kTestSecret), hours(72), false}));
  EXPECT_FALSE(gate_.isExpired(now_)) << "49 of 72 hours";
  EXPECT_FALSE(rule({Secret(kTestSecret), hours(0), false}));
  EXPECT_FALSE(gate_.isExpired(now_ + hours(100'000)));
  EXPECT_TRUE(rule({Secret("another secret"), hours(48), false}));
  EXPECT_FALSE(gate_.isExpired(now_ + hours(47)));
  EXPECT_TRUE(gate_.isExpired(now_ + hours(48)));
}

TEST_F(SecretGateTest, WithoutASecretNobodyPasses) {
  rule({Secret(), hours(48), false});
  EXPECT_EQ(judge(requestFor("/ptvsd")).status, 401);
  EXPECT_EQ(judge(withBearer(requestFor("/ptvsd"), "")).status, 401);
  EXPECT_EQ(judge(withHeader(requestFor("/ptvsd"), "Authorization", "Basic Og==")).status, 401);
  EXPECT_EQ(gate_.judge(requestFor("/ptvsd"), Secret(), now_).status, 401);
}

TEST_F(SecretGateTest, KnowsAShortSecret) {
  EXPECT_FALSE(gate_.isWeak());
  rule({Secret("fifteen letters"), hours(48), false});
  EXPECT_TRUE(gate_.isWeak());
  rule({Secret("sixteen letters!"), hours(48), false});
  EXPECT_FALSE(gate_.isWeak());
}

}  // namespace
}  // namespace holdfast::proxy
