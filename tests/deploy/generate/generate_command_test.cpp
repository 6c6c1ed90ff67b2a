#include "deploy/generate/generate_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::deploy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome generated(const Settings& settings) {
  GenerateOptions options;
  options.server = "nginx";
  std::ostringstream out;
  std::ostringstream err;
  const int code = generate(options, settings, "/", "", out, err);
  return {code, out.str(), err.str()};
}

TEST(GenerateCommand, Prints) {
  Settings settings;
  settings.server.listen = "tcp:127.0.0.1:9000";
  const Outcome outcome = generated(settings);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("127.0.0.1:9000"));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(GenerateCommand, SaysWhatIsWrong) {
  const Outcome outcome = generated({});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("holdfast: "));
}

TEST(GenerateCommand, WarnsOfAChannelThatDoesNotBelieveTheWebServer) {
  Settings settings;
  settings.server.listen = "tcp:127.0.0.1:9000";
  settings.server.channel = "tcp:127.0.0.1:9001";
  EXPECT_THAT(generated(settings).err, HasSubstr("server.trusted_hops"));
  settings.server.trusted_hops = {"127.0.0.1"};
  EXPECT_THAT(generated(settings).err, IsEmpty());
  settings.server.trusted_hops = {"unix"};
  settings.server.channel = "unix:/srv/channel.sock";
  EXPECT_THAT(generated(settings).err, IsEmpty());
  settings.server.trusted_hops = {"10.0.0.0/8"};
  EXPECT_THAT(generated(settings).err, HasSubstr("add unix to server.trusted_hops"));
}

}  // namespace
}  // namespace holdfast::deploy
