/// \file fcgi_fixture.h
/// A FastCGI listener on a real UNIX socket, with responders that the test controls.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "host/front/fcgi_listener.h"
#include "host/platform/listening.h"
#include "tests/config/temp_directory.h"
#include "tests/support/captured_log.h"
#include "tests/support/descriptors.h"
#include "tests/support/fcgi_bytes.h"
#include "tests/support/loop_thread.h"
#include "tests/support/recording_responder.h"
#include "tests/support/seen_finishes.h"
#include "tests/support/test_peer.h"

namespace holdfast {

class FcgiFixture : public testing::Test {
 protected:
  static constexpr std::size_t kConnections = 20;
  static constexpr std::size_t kRequests = 33;

  template <typename Task>
  auto onLoop(Task task) {
    return thread_.call(std::move(task));
  }

  FcgiFixture() { listen(kConnections); }
  ~FcgiFixture() override {
    onLoop([this] {
      listener_.reset();
      requests_.clear();
    });
  }

  /// Anew, with another limit of connections.
  void listen(std::size_t connections) {
    onLoop([this, connections] {
      listener_.reset();
      file_.remove();
      ListenerOptions options;
      options.address = "unix:" + path();
      OpenedListener opened = openListener(options);
      file_ = std::move(opened.file);
      listener_ = std::make_unique<FcgiListener>(
          thread_.loop, std::move(opened.socket), limits_, FcgiCapacity{connections, kRequests},
          [this](std::shared_ptr<Request> request) {
            requests_.push_back(
                std::make_unique<RecordingResponder>(std::move(request), take_bodies_));
          },
          finishes_.sink());
    });
  }

  std::string path() const { return (directory_.path() / "fcgi.sock").string(); }
  TestPeer connect() { return TestPeer::connectTo(path()); }

  /// The request with that index, counted in the order of delivery.
  RecordingResponder& awaitRequest(std::size_t index = 0) {
    if (!thread_.waitUntil([&] { return requests_.size() > index; })) {
      throw std::runtime_error("the request was not delivered");
    }
    return *onLoop([&] { return requests_[index].get(); });
  }

  /// What was told of the requests that ended, once there are so many.
  std::vector<SeenFinish> awaitFinishes(std::size_t count) {
    EXPECT_TRUE(thread_.waitUntil([&] { return finishes_.all.size() >= count; }));
    return onLoop([&] { return finishes_.all; });
  }

  void forgetRequests() {
    onLoop([this] { requests_.clear(); });
  }

  FcgiLimits limits_;
  DescriptorCheck descriptors_;
  CapturedLog log_;
  TempDirectory directory_;
  // All below belongs to the loop's thread.
  std::vector<std::unique_ptr<RecordingResponder>> requests_;
  bool take_bodies_ = true;
  SeenFinishes finishes_;
  SocketFile file_;
  std::unique_ptr<FcgiListener> listener_;
  LoopThread thread_;
};

}  // namespace holdfast
