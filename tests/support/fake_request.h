/// \file fake_request.h
/// A request without a front end: keeps what it is answered.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "host/front/request.h"
#include "tests/support/bytes.h"

namespace holdfast {

class FakeRequest : public Request {
 public:
  enum class End { kNone, kFinished, kCut };

  FakeRequest() { id = "test-1"; }

  void onBodyTaken() override { ++bodies_taken; }
  void start(const AnswerHead& given) override {
    ++starts;
    head = given;
  }
  void write(std::span<std::byte> chunk) override {
    // As FastCGI does it: a header goes in front.
    std::fill_n(chunk.data() - kHeadroomBytes, kHeadroomBytes, std::byte{0xEE});
    longest_chunk = std::max(longest_chunk, chunk.size());
    unsent_.push_back(chunk);
  }
  bool flush() override {
    takeUnsent();
    ++flushes;
    return !congested;
  }
  void finish() override { conclude(End::kFinished); }
  void cut() override { conclude(End::kCut); }
  void reportError(std::string_view text) override { error += text; }

  void addBody(std::string_view text, bool last) {
    body.append(asBytes(text));
    if (last) body.finish();
    if (responder_ != nullptr) responder_->onBody();
  }
  void loseClient() {
    if (Responder* responder = std::exchange(responder_, nullptr)) responder->onClientGone();
  }
  void takeAnswer() {
    congested = false;
    if (responder_ != nullptr) responder_->onAnswerTaken();
  }
  bool hasResponder() const { return responder_ != nullptr; }

  std::string header(std::string_view name) const {
    for (const auto& [given, value] : head.headers) {
      if (given == name) return value;
    }
    return "(none)";
  }

  AnswerHead head;
  int starts = 0;
  std::string answer;
  std::string error;
  End end = End::kNone;
  bool congested = false;  ///< what flush() says
  int flushes = 0;
  int bodies_taken = 0;
  std::size_t longest_chunk = 0;

 private:
  void takeUnsent() {
    for (const auto chunk : unsent_) answer += asText(chunk);
    unsent_.clear();
  }
  void conclude(End how) {
    takeUnsent();
    EXPECT_EQ(end, End::kNone) << "an answer ended twice";
    end = how;
  }

  std::vector<std::span<std::byte>> unsent_;
};

}  // namespace holdfast
