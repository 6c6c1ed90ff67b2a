#include "host/site/status_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "host/site/status_client.h"
#include "tests/config/temp_directory.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"
#include "tests/support/test_peer.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kDocument[] = R"({"app_root": "/srv/site", "handler": "site.app"})";

class StatusSocketTest : public testing::Test {
 protected:
  StatusSocketTest() {
    fs::create_directories(temp_.path() / "run/user");
    fs::create_directories(temp_.path() / "tmp");
    places_ = {(temp_.path() / "run").string(), (temp_.path() / "tmp").string()};
  }
  ~StatusSocketTest() override {
    thread_.call([this] { socket_.reset(); });
  }

  void open(const StatusLimits& limits = {}) {
    thread_.call([&] {
      socket_.emplace(
          thread_.loop, [this] { return answer_; }, limits, places_);
    });
  }

  TestPeer connect() { return TestPeer::connectTo(privateSocketPath(places_)); }

  struct Printed {
    bool good;
    std::string out;
    std::string err;
  };
  Printed print(bool json = false, const fs::path& root = {},
                std::chrono::milliseconds patience = 5s) {
    std::ostringstream out;
    std::ostringstream err;
    const bool good = printStatus({json, root, patience, places_}, out, err);
    return {good, out.str(), err.str()};
  }

  DescriptorCheck descriptors_;
  TempDirectory temp_;
  PrivatePlaces places_;
  std::string answer_ = kDocument;
  CapturedLog log_;
  LoopThread thread_;
  std::optional<StatusSocket> socket_;
};

TEST_F(StatusSocketTest, AnswersARequest) {
  open();
  TestPeer peer = connect();
  peer.send("status\n");
  EXPECT_EQ(peer.readToEnd(), std::string(kDocument) + '\n');
}

TEST_F(StatusSocketTest, AnswersARequestThatComesInPieces) {
  open();
  TestPeer peer = connect();
  for (const char c : StatusSocket::kRequest) {
    peer.send({&c, 1});
    thread_.settle();
  }
  EXPECT_EQ(peer.readToEnd(), std::string(kDocument) + '\n');
}

TEST_F(StatusSocketTest, EndsWhatIsNoRequest) {
  open();
  for (const std::string& request :
       {std::string("GET / HTTP/1.1\r\n"), std::string("\n"), std::string(5000, 'x')}) {
    TestPeer peer = connect();
    peer.send(request);
    EXPECT_EQ(peer.readToEnd(), "");
  }
}

TEST_F(StatusSocketTest, EndsClientsThatSayNothing) {
  open({.request_time = 10ms});
  TestPeer peer = connect();
  EXPECT_EQ(peer.readToEnd(), "");
}

TEST_F(StatusSocketTest, EndsClientsThatTakeNothing) {
  answer_ = std::string(8 << 20, 'x');
  const std::size_t before = openDescriptors().size();
  open({.answer_time = 10ms});
  TestPeer peer = connect();
  peer.send("status\n");
  ASSERT_TRUE(peer.readable(10'000));
  // The listener and the peer's end are left.
  ASSERT_TRUE(thread_.waitUntil([&] { return openDescriptors().size() == before + 2; }));
  EXPECT_LT(peer.readToEnd().size(), answer_.size());
}

TEST_F(StatusSocketTest, GivesALargeAnswerWhole) {
  answer_ = std::string(8 << 20, 'x');
  open();
  TestPeer peer = connect();
  peer.send("status\n");
  EXPECT_EQ(peer.readToEnd().size(), answer_.size() + 1);
}

TEST_F(StatusSocketTest, ServesAllOfMoreClientsThanItHasAtATime) {
  open({.connections = 2, .request_time = 10ms});
  std::vector<TestPeer> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(connect());
  TestPeer last = connect();
  last.send("status\n");
  EXPECT_EQ(last.readToEnd(), std::string(kDocument) + '\n');
}

TEST_F(StatusSocketTest, ComesBackWhenItsFileHasGone) {
  open({.check = 5ms});
  fs::remove_all(fs::path(privateSocketPath(places_)).parent_path());
  ASSERT_TRUE(thread_.waitUntil([&] { return fs::exists(privateSocketPath(places_)); }));
  EXPECT_TRUE(print().good);
}

TEST_F(StatusSocketTest, ComesBackWhenAnotherIsInItsPlace) {
  open({.check = 5ms});
  {
    const fs::path path = privateSocketPath(places_);
    const fs::path other = path.string() + ".other";
    std::ofstream(other) << "";
    fs::rename(other, path);
    ASSERT_TRUE(thread_.waitUntil([&] { return fs::is_socket(path); }));
  }
  EXPECT_TRUE(print().good);
}

TEST_F(StatusSocketTest, WarnsOnceWhereItCannotBeMade) {
  const fs::path folder = fs::path(privateSocketPath(places_)).parent_path();
  std::ofstream(folder) << "in the way";
  open({.check = 1ms});
  for (int i = 0; i < 20; ++i) thread_.settle();
  EXPECT_TRUE(log_.has("holdfast status will not find this host"));
  EXPECT_EQ(log_.all().size(), 1U);
  fs::remove(folder);
  ASSERT_TRUE(thread_.waitUntil([&] { return fs::exists(privateSocketPath(places_)); }));
}

TEST_F(StatusSocketTest, IsAskedByTheClient) {
  open();
  const Printed text = print();
  EXPECT_TRUE(text.good);
  EXPECT_THAT(text.out, HasSubstr("site.app in /srv/site"));
  EXPECT_EQ(text.err, "");
  EXPECT_THAT(print(true).out, AllOf(HasSubstr("\"hosts\""), HasSubstr("\"/srv/site\"")));
}

TEST_F(StatusSocketTest, IsChosenByItsAppRoot) {
  open();
  EXPECT_TRUE(print(false, "/srv/./site").good);
  const Printed other = print(false, "/srv/other");
  EXPECT_FALSE(other.good);
  EXPECT_THAT(other.err, AllOf(HasSubstr("no host for /srv/other"), HasSubstr("/srv/site")));
}

TEST_F(StatusSocketTest, IsSaidToBeNoneWhereThereIsNone) {
  const Printed text = print();
  EXPECT_FALSE(text.good);
  EXPECT_THAT(text.err, AllOf(HasSubstr("no host is running"), HasSubstr("holdfast serve")));
  const Printed json = print(true);
  EXPECT_FALSE(json.good);
  EXPECT_THAT(json.out, HasSubstr("\"hosts\""));
}

TEST_F(StatusSocketTest, IsSaidToBeSilentWhereTheHostHangs) {
  const OpenedListener hanging = listenPrivately(places_);
  const Printed text = print(false, {}, 20ms);
  EXPECT_FALSE(text.good);
  EXPECT_THAT(text.err, AllOf(HasSubstr(std::to_string(::getpid())),
                              HasSubstr("has not answered within 20 ms")));
  EXPECT_THAT(print(true, {}, 20ms).out, HasSubstr("\"problem\""));
}

TEST_F(StatusSocketTest, IsNotBelievedWhateverItSays) {
  open();
  for (const char* answer : {"", "nonsense", "[]", "7", "{", "{\"app_root\": \"/\xff\x1b\""}) {
    thread_.call([&] { answer_ = answer; });
    const Printed text = print();
    EXPECT_FALSE(text.good) << answer;
    EXPECT_THAT(text.err, HasSubstr("is no host")) << answer;
  }
  thread_.call([&] { answer_ = std::string(100'000, '['); });
  EXPECT_FALSE(print().good);
  thread_.call([&] { answer_ = '"' + std::string(2 << 20, 'x') + '"'; });
  EXPECT_THAT(print().err, HasSubstr("says more than any host would"));
  thread_.call([&] {
    answer_ = "{\"a\": [";
    for (int i = 0; i < 100'000; ++i) answer_ += "{},";
    answer_ += "{}]}";
  });
  EXPECT_THAT(print().err, HasSubstr("says more than any host would"));
}

}  // namespace
}  // namespace holdfast
