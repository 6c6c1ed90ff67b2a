#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/generate/configurations.h"
#include "tests/deploy/generate/example_site.h"

namespace holdfast::deploy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(LighttpdConfiguration, HasAllOfASite) {
  EXPECT_THAT(lighttpdConfiguration(exampleSite()),
              AllOf(HasSubstr("$SERVER[\"socket\"] == \"0.0.0.0:443\" {\n"),
                    HasSubstr("$SERVER[\"socket\"] == \"[::]:443\" {\n"),
                    HasSubstr("ssl.pemfile = \"/etc/ssl/my site.pem\"\n"),
                    HasSubstr(R"~("^(site\.example|www\.site\.example)(:[0-9]+)?$")~"),
                    HasSubstr(R"~(("socket" => "/srv/site/site.sock", "check-local")~"),
                    HasSubstr(R"~(("host" => "/srv/site/channel.sock"))~"),
                    HasSubstr(R"~($HTTP["url"] =~ "^/de\.bug(/|$)" {)~"),
                    HasSubstr(R"~("^(/de\.bug(/|$)|/static/)")~"),
                    HasSubstr("server.max-request-size = 2\n"),
                    HasSubstr("server.max-write-idle = 10800\n"),
                    HasSubstr(R"~(alias.url = ("/static/" => "/srv/site/static/"))~"),
                    Not(HasSubstr("\n\n\n")), Not(testing::ContainsRegex("@[A-Z_]+@"))));
}

TEST(LighttpdConfiguration, HasNoChannelWhereThereIsNone) {
  EXPECT_THAT(lighttpdConfiguration(plainSite()),
              AllOf(HasSubstr("$SERVER[\"socket\"] == \"127.0.0.1:8080\" {\n}\n"),
                    HasSubstr(R"~(("host" => "127.0.0.1", "port" => 9000, )~"),
                    Not(HasSubstr("proxy.server")), Not(HasSubstr("mod_openssl"))));
}

TEST(LighttpdConfiguration, UsesDebiansOwnSocketOnPort80) {
  WebSite site = plainSite();
  site.address = "";
  site.port = 80;
  EXPECT_THAT(lighttpdConfiguration(site), Not(HasSubstr("$SERVER")));
}

TEST(LighttpdConfiguration, KeepsToWhatItsNumbersCanBe) {
  WebSite site = plainSite();
  site.patience = std::chrono::hours(100);
  EXPECT_THAT(lighttpdConfiguration(site), HasSubstr("server.max-write-idle = 65535\n"));
}

}  // namespace
}  // namespace holdfast::deploy
