/// \file captured_log.h
/// The host's log, kept for a test to look at.
#pragma once

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "host/log_message.h"

namespace holdfast {

/// As long as it lives the log goes here, all levels of it.
class CapturedLog {
 public:
  CapturedLog() : lines_(new Lines), level_(logger().getLevel()) {
    logger().setChannel(lines_);
    logger().setLevel(Poco::Message::PRIO_TRACE);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog() {
    logger().setChannel(nullptr);
    logger().setLevel(level_);
  }

  bool has(const std::string& part) const {
    const auto lines = all();
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  }

  std::vector<std::string> all() const {
    const std::lock_guard lock(lines_->mutex);
    return lines_->lines;
  }

  /// The same lines as JSON with all their fields, at time 0.
  std::vector<std::string> json() const {
    const std::lock_guard lock(lines_->mutex);
    return lines_->json;
  }

 private:
  struct Lines : Poco::Channel {
    void log(const Poco::Message& message) override {
      const std::lock_guard lock(mutex);
      lines.push_back(message.getText());
      log::Event event = log::eventOf(message);
      event.time = {};
      json.push_back(log::jsonLine(event));
    }
    mutable std::mutex mutex;  ///< guards lines and json
    std::vector<std::string> lines;
    std::vector<std::string> json;
  };

  static Poco::Logger& logger() { return Poco::Logger::get("holdfast"); }

  Poco::AutoPtr<Lines> lines_;
  int level_;
};

}  // namespace holdfast
