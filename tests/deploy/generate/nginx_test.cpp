#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/generate/configurations.h"
#include "tests/deploy/generate/example_site.h"

namespace holdfast::deploy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(NginxConfiguration, HasAllOfASite) {
  EXPECT_THAT(
      nginxConfiguration(exampleSite()),
      AllOf(HasSubstr("    listen 443 ssl;\n    listen [::]:443 ssl;\n"),
            HasSubstr("server_name site.example www.site.example;"),
            HasSubstr("ssl_certificate \"/etc/ssl/my site.pem\";"),
            HasSubstr("server \"unix:/srv/site/site.sock\";"),
            HasSubstr("server \"unix:/srv/site/channel.sock\";"),
            HasSubstr("location ~ ^/de\\.bug(/|$) {"), HasSubstr("fastcgi_read_timeout 10800s;"),
            HasSubstr("fastcgi_param HOLDFAST_PATIENCE 10800;"),
            HasSubstr("client_max_body_size 1500;"), HasSubstr("alias \"/srv/site/static/\";"),
            HasSubstr("fastcgi_param HTTP_HOST $host;"), Not(HasSubstr("\n\n\n")),
            Not(testing::ContainsRegex("@[A-Z_]+@"))));
}

TEST(NginxConfiguration, HasNoChannelWhereThereIsNone) {
  EXPECT_THAT(
      nginxConfiguration(plainSite()),
      AllOf(HasSubstr("    listen 127.0.0.1:8080;\n"), HasSubstr("server \"127.0.0.1:9000\";"),
            HasSubstr("fastcgi_param HTTP_HOST $host:8080;"), Not(HasSubstr("proxy_pass")),
            Not(HasSubstr("ssl")), Not(HasSubstr("log_format"))));
}

TEST(NginxConfiguration, NamesAreThoseOfThisSiteAlone) {
  WebSite other = exampleSite();
  other.names = {"other.example"};
  EXPECT_THAT(nginxConfiguration(exampleSite()), HasSubstr("upstream holdfast_site_example_443 {"));
  EXPECT_THAT(nginxConfiguration(other), HasSubstr("upstream holdfast_other_example_443 {"));
}

TEST(NginxConfiguration, LetsALoadBalancersWordThroughToTheHost) {
  WebSite site = exampleSite();
  EXPECT_THAT(nginxConfiguration(site), HasSubstr("HTTP_X_FORWARDED_FOR"));
  site.balancers = {"10.0.0.0/8"};
  EXPECT_THAT(nginxConfiguration(site), Not(HasSubstr("HTTP_X_FORWARDED_FOR")));
}

}  // namespace
}  // namespace holdfast::deploy
