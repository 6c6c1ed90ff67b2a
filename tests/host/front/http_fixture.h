/// \file http_fixture.h
/// An HTTP front end for a test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/front/http_front_end.h"
#include "host/front/http_listener.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/loop_thread.h"
#include "tests/support/recording_responder.h"
#include "tests/support/seen_finishes.h"
#include "tests/support/test_peer.h"

namespace holdfast {

/// An HTTP front end on a real socket, with responders that the test controls.
class HttpTest : public testing::Test {
 protected:
  HttpTest() { limits_.connections_per_address = 6; }
  ~HttpTest() override {
    thread_.call([this] {
      front_.reset();
      requests_.clear();
    });
  }

  TestPeer connect() {
    listen();
    return TestPeer::connectTo(port_);
  }

  void listen() {
    if (!front_) {
      thread_.call([this] {
        front_ = std::make_unique<HttpFrontEnd>(
            thread_.loop, openHttpListener({"tcp:127.0.0.1:0"}).socket, limits_,
            [this](std::shared_ptr<Request> request) {
              requests_.push_back(
                  std::make_unique<RecordingResponder>(std::move(request), take_bodies_));
              if (answer_at_once_) requests_.back()->answer("at once");
            },
            [this](const std::string&) { return uncapped_; }, finishes_.sink());
        port_ = static_cast<std::uint16_t>(
            std::stoi(front_->url().substr(front_->url().rfind(':') + 1)));
        front_->setTls(tls_);
      });
    }
  }

  TestPeer ask(std::string_view text) {
    TestPeer peer = connect();
    EXPECT_TRUE(peer.send(text));
    return peer;
  }

  RecordingResponder& awaitRequest(std::size_t index = 0) {
    if (!thread_.waitUntil([&] { return requests_.size() > index; })) {
      throw std::runtime_error("the request was not delivered");
    }
    return *thread_.call([&] { return requests_[index].get(); });
  }

  void answer(std::size_t index, std::string_view text) {
    RecordingResponder& responder = awaitRequest(index);
    thread_.call([&] { responder.answer(text); });
  }

  /// What was told of the requests that ended, once there are so many.
  std::vector<SeenFinish> awaitFinishes(std::size_t count) {
    EXPECT_TRUE(thread_.waitUntil([&] { return finishes_.all.size() >= count; }));
    return thread_.call([&] { return finishes_.all; });
  }

  std::size_t delivered() {
    thread_.settle();
    return thread_.call([this] { return requests_.size(); });
  }

  DescriptorCheck descriptors_;
  CapturedLog log_;
  HttpLimits limits_;
  proxy::TlsContext tls_;
  // All below belongs to the loop's thread.
  std::vector<std::unique_ptr<RecordingResponder>> requests_;
  bool take_bodies_ = true;
  SeenFinishes finishes_;
  bool uncapped_ = false;
  bool answer_at_once_ = false;
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpFrontEnd> front_;
  LoopThread thread_;
};

inline constexpr const char* kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
inline constexpr const char* kGetAndClose =
    "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

}  // namespace holdfast
