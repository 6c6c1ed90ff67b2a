/// \file tap_script.h
/// What client and engine say, as a script for a tap.
#pragma once

#include <chrono>
#include <string>

#include "proxy/tap/hold.h"

namespace holdfast::proxy {

/// `body`, `arguments`: JSON
inline std::string requestText(int seq, const std::string& command,
                               const std::string& arguments = "{}") {
  return R"({"seq":)" + std::to_string(seq) + R"(,"type":"request","command":")" + command +
         R"(","arguments":)" + arguments + '}';
}

inline std::string responseText(int request_seq, const std::string& command,
                                const std::string& body = "{}", bool success = true) {
  return R"({"seq":1,"type":"response","request_seq":)" + std::to_string(request_seq) +
         R"(,"success":)" + (success ? "true" : "false") + R"(,"command":")" + command +
         R"(","body":)" + body + '}';
}

inline std::string eventText(const std::string& event, const std::string& body = "{}") {
  return R"({"seq":1,"type":"event","event":")" + event + R"(","body":)" + body + '}';
}

inline std::string threadBody(int thread) {
  return R"({"reason":"breakpoint","threadId":)" + std::to_string(thread) +
         R"(,"allThreadsStopped":true})";
}

/// Each message comes a second after the one before.
template <typename Tap>
class TapScript {
 public:
  /// \return whether the tap says that its news have changed, which is checked
  bool client(const std::string& text) {
    return check([&] { return tap.onClient(text, next()); });
  }
  bool engine(const std::string& text) {
    return check([&] { return tap.onEngine(text, next()); });
  }
  bool blind() {
    return check([&] { return tap.onBlind(next()); });
  }

  bool isHeld() const { return tap.news().hold && tap.news().hold->kind == Hold::Kind::kHeld; }
  bool isUnknown() const {
    return tap.news().hold && tap.news().hold->kind == Hold::Kind::kUnknown;
  }
  bool isRunning() const { return !tap.news().hold; }
  /// In messages from the first one.
  int since() const {
    return static_cast<int>(
        std::chrono::duration_cast<std::chrono::seconds>(tap.news().hold->since.time_since_epoch())
            .count());
  }
  int count() const { return count_; }

  Tap tap;

 private:
  typename Tap::Time next() { return typename Tap::Time(std::chrono::seconds(++count_)); }

  template <typename Step>
  bool check(Step step) {
    const HoldNews before = tap.news();
    const bool changed = step();
    EXPECT_EQ(changed, before != tap.news());
    return changed;
  }

  int count_ = 0;
};

}  // namespace holdfast::proxy
