#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/generate/configurations.h"
#include "tests/deploy/generate/example_site.h"

namespace holdfast::deploy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(CaddyConfiguration, HasAllOfASite) {
  EXPECT_THAT(
      caddyConfiguration(exampleSite()),
      AllOf(HasSubstr("\nhttps://site.example:443, https://www.site.example:443 {\n"),
            HasSubstr("\ttls \"/etc/ssl/my site.pem\" \"/etc/ssl/site.key\"\n"),
            HasSubstr("reverse_proxy \"unix//srv/site/site.sock\" {\n\t\t\ttransport fastcgi"),
            HasSubstr("reverse_proxy \"unix//srv/site/channel.sock\" {"),
            HasSubstr("@holdfast path /de.bug /de.bug/*\n"), HasSubstr("max_size 1500\n"),
            HasSubstr("handle_path /static/* {\n\t\troot * \"/srv/site/static\"\n"),
            Not(HasSubstr("\n    ")), Not(HasSubstr("\n\n\n")),
            Not(testing::ContainsRegex("@[A-Z_]+@"))));
}

TEST(CaddyConfiguration, HasNoChannelWhereThereIsNone) {
  EXPECT_THAT(caddyConfiguration(plainSite()),
              AllOf(HasSubstr("\nhttp://localhost:8080 {\n\tbind 127.0.0.1\n"),
                    HasSubstr("reverse_proxy \"127.0.0.1:9000\" {"), Not(HasSubstr("@holdfast")),
                    Not(HasSubstr("\ttls"))));
}

TEST(CaddyConfiguration, BindsAnIpv6AddressWithoutBrackets) {
  WebSite site = plainSite();
  site.address = "[::1]";
  EXPECT_THAT(caddyConfiguration(site), HasSubstr("\tbind ::1\n"));
}

TEST(CaddyConfiguration, TrustsALoadBalancer) {
  WebSite site = plainSite();
  EXPECT_THAT(caddyConfiguration(site), Not(HasSubstr("trusted_proxies")));
  site.balancers = {"10.0.0.0/8", "192.0.2.1"};
  EXPECT_THAT(caddyConfiguration(site), HasSubstr("trusted_proxies 10.0.0.0/8 192.0.2.1\n"));
}

}  // namespace
}  // namespace holdfast::deploy
