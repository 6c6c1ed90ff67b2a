#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/generate/configurations.h"
#include "tests/deploy/generate/example_site.h"

namespace holdfast::deploy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(ApacheConfiguration, HasAllOfASite) {
  EXPECT_THAT(
      apacheConfiguration(exampleSite()),
      AllOf(
          HasSubstr("a2enmod proxy proxy_fcgi headers proxy_http ssl alias mime\n"),
          HasSubstr("<VirtualHost *:443>\n"), HasSubstr("ServerAlias www.site.example\n"),
          HasSubstr("SSLCertificateFile \"/etc/ssl/my site.pem\"\n"),
          HasSubstr(R"(ProxyPass "/" "unix:/srv/site/site.sock|fcgi://localhost/" timeout=10800)"),
          HasSubstr(R"(ProxyFCGISetEnvIf "true" HOLDFAST_PATIENCE "10800")"),
          HasSubstr(
              R"(ProxyPass "/de.bug" "unix:/srv/site/channel.sock|http://localhost/de.bug" up)"),
          HasSubstr("LimitRequestBody 1500\n"), HasSubstr("AllowEncodedSlashes NoDecode\n"),
          HasSubstr("ProxyPass \"/static/\" \"!\"\n"), Not(HasSubstr("Listen ")),
          Not(HasSubstr("\n\n\n")), Not(testing::ContainsRegex("@[A-Z_]+@"))));
}

TEST(ApacheConfiguration, HasNoChannelWhereThereIsNone) {
  EXPECT_THAT(apacheConfiguration(plainSite()),
              AllOf(HasSubstr("Listen 127.0.0.1:8080\n<VirtualHost 127.0.0.1:8080>\n"),
                    HasSubstr("\"fcgi://127.0.0.1:9000/\""), Not(HasSubstr("http://")),
                    Not(HasSubstr("SSL")), Not(HasSubstr("expr=!"))));
}

TEST(ApacheConfiguration, WhatIsPassedOnToTheAppComesBehindAllExceptions) {
  const std::string text = apacheConfiguration(exampleSite());
  EXPECT_GT(text.find("ProxyPass \"/\" "), text.rfind("ProxyPass \"/static/\" "));
  EXPECT_GT(text.find("ProxyPass \"/\" "), text.rfind("ProxyPass \"/de.bug\" "));
}

TEST(ApacheConfiguration, LetsALoadBalancersWordThroughToTheHost) {
  WebSite site = exampleSite();
  EXPECT_THAT(apacheConfiguration(site), HasSubstr("RequestHeader set X-Forwarded-For"));
  site.balancers = {"10.0.0.0/8"};
  EXPECT_THAT(apacheConfiguration(site), HasSubstr("RequestHeader append X-Forwarded-For"));
}

}  // namespace
}  // namespace holdfast::deploy
