#include "host/hold/front_patience.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

Params of(std::string_view software, std::string_view told = {}) {
  Params params;
  params.add("SERVER_SOFTWARE", software);
  if (!told.empty()) params.add("HOLDFAST_PATIENCE", told);
  return params;
}

struct KnownCase {
  const char* software;
  FrontEndKind kind;
  const char* name;
  std::optional<std::chrono::milliseconds> limit;
};

class KnownFrontEnds : public testing::TestWithParam<KnownCase> {};

TEST_P(KnownFrontEnds, HaveTheirLimit) {
  const KnownCase& known = GetParam();
  const FrontPatience patience = patienceOf(of(known.software), 0ms, false);
  EXPECT_EQ(patience.kind, known.kind);
  EXPECT_STREQ(nameOf(patience.kind), known.name);
  EXPECT_EQ(patience.limit, known.limit);
}

INSTANTIATE_TEST_SUITE_P(
    All, KnownFrontEnds,
    testing::Values(KnownCase{"nginx/1.22.1", FrontEndKind::kNginx, "nginx", 60s},
                    KnownCase{"openresty/1.21.4.1", FrontEndKind::kNginx, "nginx", 60s},
                    KnownCase{"lighttpd/1.4.69", FrontEndKind::kLighttpd, "lighttpd", {}},
                    KnownCase{"Apache/2.4.57 (Debian)", FrontEndKind::kApache, "Apache", 60s},
                    KnownCase{"Caddy/v2.6.2", FrontEndKind::kCaddy, "Caddy", {}},
                    KnownCase{"Microsoft-IIS/10.0", FrontEndKind::kIis, "IIS", 30s},
                    KnownCase{"holdfast", FrontEndKind::kEmbedded, "holdfast", {}},
                    KnownCase{"thttpd", FrontEndKind::kOther, "the front end", 60s},
                    KnownCase{"", FrontEndKind::kOther, "the front end", 60s}));

TEST(FrontPatience, ModFcgidIsKnownByItsListenerAlone) {
  const FrontPatience patience = patienceOf(of("Apache/2.4.57 (Debian)"), 0ms, true);
  EXPECT_EQ(patience.kind, FrontEndKind::kModFcgid);
  EXPECT_STREQ(nameOf(patience.kind), "mod_fcgid");
  EXPECT_EQ(patience.limit, 300s);
  EXPECT_EQ(patienceOf(of("Apache/2.4.57 (Debian)", "7"), 0ms, true).limit, 7s);
  EXPECT_EQ(patienceOf(of("IBM_HTTP_Server/9"), 0ms, true).kind, FrontEndKind::kModFcgid);
  EXPECT_EQ(patienceOf(of("nginx/1.22.1"), 0ms, true).kind, FrontEndKind::kNginx)
      << "a socket may have such a name by chance";
  const FrontPatience balanced = patienceOf(of("Apache", "3600"), 230s, true);
  EXPECT_EQ(balanced.limit, 230s);
  EXPECT_TRUE(balanced.beyond);
}

TEST(FrontPatience, WhatIsSetCountsMoreThanWhatIsKnown) {
  EXPECT_EQ(patienceOf(of("nginx/1.22.1"), 5s, false).limit, 5s);
  EXPECT_EQ(patienceOf(of("Caddy/v2.6.2"), 230s, false).limit, 230s);
}

TEST(FrontPatience, WhatTheRequestSaysCountsMost) {
  EXPECT_EQ(patienceOf(of("nginx/1.22.1", "7"), 90s, false).limit, 7s);
  EXPECT_EQ(patienceOf(of("lighttpd/1.4.69", "2 h"), 0ms, false).limit, 2h);
}

TEST(FrontPatience, ASettingBelowThatIsOfWhatStandsBefore) {
  const FrontPatience patience = patienceOf(of("nginx/1.22.1", "7200"), 230s, false);
  EXPECT_EQ(patience.limit, 230s);
  EXPECT_TRUE(patience.beyond);
  EXPECT_FALSE(patienceOf(of("nginx/1.22.1", "7"), 230s, false).beyond);
  EXPECT_FALSE(patienceOf(of("nginx/1.22.1"), 230s, false).beyond);
}

TEST(FrontPatience, WhatIsNoTimeIsNotHeeded) {
  for (const char* told : {"soon", "-1", "0", "99999999999999999999", "5 parsecs"}) {
    EXPECT_EQ(patienceOf(of("nginx/1.22.1", told), 0ms, false).limit, 60s) << told;
  }
}

TEST(FrontPatience, AClientCannotSayIt) {
  Params params = of("nginx/1.22.1");
  params.add("HTTP_HOLDFAST_PATIENCE", "7");
  EXPECT_EQ(patienceOf(params, 0ms, false).limit, 60s);
}

}  // namespace
}  // namespace holdfast
