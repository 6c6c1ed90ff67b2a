#include "host/hold/held_request.h"

#include <gtest/gtest.h>

#include "tests/support/fake_request.h"
#include "tests/support/recording_responder.h"

namespace holdfast {
namespace {

using End = FakeRequest::End;

/// Front, held request and app. A RecordingResponder is the app.
class HeldRequestTest : public testing::Test, public HeldRequest::Owner {
 protected:
  HeldRequestTest() { begin({}); }
  ~HeldRequestTest() override { app_.reset(); }

  void begin(std::string_view body, bool complete = true) {
    app_.reset();
    front_ = std::make_shared<FakeRequest>();
    front_->params.add("REQUEST_METHOD", "POST");
    if (!body.empty()) front_->addBody(body, false);
    if (complete) front_->body.finish();
    HeldRequest::Owner& owner = *this;
    held_ = std::make_shared<HeldRequest>(
        front_, HeldRequest::Limits{{64 * 1024, 1 << 30}, kMostParked}, owner);
    held_->begin();
    app_ = std::make_unique<RecordingResponder>(held_);
    over_ = 0;
  }

  /// The front is taken away, and another one comes.
  std::shared_ptr<FakeRequest> comeBack() {
    EXPECT_EQ(held_->takeFront(), front_);
    return nextFront();
  }
  std::shared_ptr<FakeRequest> nextFront() {
    auto next = std::make_shared<FakeRequest>();
    held_->setFront(next);
    return next;
  }

  void startAnswer() {
    AnswerHead head;
    head.status = 201;
    head.headers = {{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}};
    held_->start(head);
  }
  void finish() { app_->finish(); }

  void onChanged(HeldRequest&) override { ++changes_; }
  void onSign(HeldRequest& request) override {
    const std::string what = request.isAnswered() ? "answered" : "begins";
    const bool known =
        request.isAnswered() ? front_->end != End::kNone : front_->head.status == 201;
    signs_.push_back(known ? what + ", as its client knows" : what);
  }
  void onUnasked(HeldRequest&, const std::shared_ptr<Request>& front) override {
    AnswerHead head;
    head.status = 303;
    front->start(head);
    front->finish();
  }
  void onOver(HeldRequest&) override { ++over_; }

  static constexpr std::uint64_t kMostParked = 1 << 20;

  std::shared_ptr<FakeRequest> front_;
  std::shared_ptr<HeldRequest> held_;
  std::unique_ptr<RecordingResponder> app_;
  int changes_ = 0;
  std::vector<std::string> signs_;
  int over_ = 0;
};

TEST_F(HeldRequestTest, IsWhatItsFrontIs) {
  EXPECT_EQ(held_->id, front_->id);
  EXPECT_EQ(held_->params.get("REQUEST_METHOD"), "POST");
  EXPECT_TRUE(app_->complete);
}

TEST_F(HeldRequestTest, PassesTheBodyOnAsItComes) {
  begin("one ", false);
  EXPECT_EQ(app_->body, "one ");
  front_->addBody("two ", false);
  EXPECT_EQ(app_->body, "one two ");
  EXPECT_FALSE(held_->bodyIsHere());
  front_->addBody("three", true);
  EXPECT_EQ(app_->body, "one two three");
  EXPECT_TRUE(app_->complete);
  EXPECT_TRUE(held_->bodyIsHere());
}

TEST_F(HeldRequestTest, TakesNoMoreOfTheBodyThanTheAppReads) {
  begin("", false);
  app_->takes_body = false;
  const std::string piece(100 * 1024, 'x');
  for (int i = 0; i < 10; ++i) front_->addBody(piece, i == 9);
  EXPECT_LE(held_->body.size(), Request::kBodyWindowBytes + BodyLimits().memory_bytes);
  EXPECT_GT(front_->body.size(), 0U);
  EXPECT_FALSE(held_->bodyIsHere());
  held_->readAhead();
  EXPECT_EQ(held_->body.size(), 10 * piece.size());
  EXPECT_TRUE(held_->bodyIsHere());
  app_->takes_body = true;
  app_->onBody();
  EXPECT_EQ(app_->body.size(), 10 * piece.size());
}

TEST_F(HeldRequestTest, PassesTheAnswerOnAsItComes) {
  startAnswer();
  EXPECT_EQ(front_->head.status, 201);
  writeChunk(*held_, "one ");
  EXPECT_EQ(front_->answer, "one ");
  writeChunk(*held_, "two");
  finish();
  EXPECT_EQ(front_->answer, "one two");
  EXPECT_EQ(front_->end, End::kFinished);
  EXPECT_EQ(signs_, (std::vector<std::string>{"begins", "answered"}));
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, PassesOnThatAnAnswerIsCut) {
  startAnswer();
  writeChunk(*held_, "one");
  app_->cut();
  EXPECT_EQ(front_->answer, "one");
  EXPECT_EQ(front_->end, End::kCut);
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, TheAppWaitsForAClientThatTakesNothing) {
  startAnswer();
  front_->congested = true;
  writeChunk(*held_, "one");
  EXPECT_FALSE(held_->flush());
  EXPECT_EQ(app_->answers_taken, 0);
  front_->takeAnswer();
  EXPECT_EQ(app_->answers_taken, 1);
  EXPECT_TRUE(held_->flush());
}

TEST_F(HeldRequestTest, AClientThatLeavesBeforeAnyKeeperActsIsTheEndOfIt) {
  front_->loseClient();
  EXPECT_EQ(app_->clients_gone, 1);
  EXPECT_EQ(over_, 1);
  writeChunk(*held_, "nobody gets it");
  EXPECT_TRUE(held_->flush());
}

TEST_F(HeldRequestTest, AnAnswerWithoutFrontIsParkedAndDeliveredWhole) {
  EXPECT_EQ(held_->takeFront(), front_);
  EXPECT_FALSE(front_->hasResponder());
  EXPECT_FALSE(held_->isWaitedFor());
  startAnswer();
  const std::string text = pattern(300 * 1024);
  for (std::size_t at = 0; at < text.size(); at += 50'000) {
    writeChunk(*held_, std::string_view(text).substr(at, 50'000));
  }
  finish();
  EXPECT_TRUE(held_->isAnswered());
  EXPECT_EQ(over_, 0);
  EXPECT_EQ(front_->starts, 0);

  const auto next = nextFront();
  EXPECT_EQ(next->head.status, 201);
  EXPECT_EQ(next->head.headers.size(), 2U);
  EXPECT_EQ(next->answer, text);
  EXPECT_EQ(next->end, End::kFinished);
  EXPECT_LE(next->longest_chunk, Request::kMaxChunkBytes);
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, OneWhoWaitsGetsItAsItComes) {
  const auto next = comeBack();
  EXPECT_EQ(next->starts, 0);
  startAnswer();
  writeChunk(*held_, "one");
  EXPECT_EQ(next->answer, "one");
  finish();
  EXPECT_EQ(next->end, End::kFinished);
}

TEST_F(HeldRequestTest, AStreamThatHasBegunFlowsOn) {
  held_->takeFront();
  startAnswer();
  writeChunk(*held_, "parked ");
  const auto next = nextFront();
  EXPECT_EQ(next->answer, "parked ");
  EXPECT_EQ(app_->answers_taken, 1);
  writeChunk(*held_, "live");
  EXPECT_EQ(next->answer, "parked live");
  EXPECT_EQ(next->end, End::kNone);
}

TEST_F(HeldRequestTest, ASlowTakerGetsAllOfItInOrder) {
  held_->takeFront();
  startAnswer();
  const std::string text = pattern(200 * 1024);
  writeChunk(*held_, std::string_view(text).substr(0, 60'000));
  writeChunk(*held_, std::string_view(text).substr(60'000, 60'000));
  auto next = std::make_shared<FakeRequest>();
  next->congested = true;
  held_->setFront(next);
  EXPECT_LT(next->answer.size(), 120'000U);
  EXPECT_FALSE(held_->flush());
  writeChunk(*held_, std::string_view(text).substr(120'000, 60'000));
  writeChunk(*held_, std::string_view(text).substr(180'000));
  finish();
  EXPECT_EQ(next->end, End::kNone);
  next->takeAnswer();
  EXPECT_EQ(next->answer, text);
  EXPECT_EQ(next->end, End::kFinished);
}

TEST_F(HeldRequestTest, TheAppWaitsWhereTooMuchIsParkedAndGoesOnForWhoComes) {
  held_->takeFront();
  startAnswer();
  const std::string text = pattern(2 * kMostParked);
  std::size_t at = 0;
  do {
    ASSERT_LT(at, text.size());
    writeChunk(*held_, std::string_view(text).substr(at, 50'000));
    at += 50'000;
  } while (held_->flush());
  EXPECT_GE(at, kMostParked);
  const auto next = nextFront();
  EXPECT_EQ(next->answer, text.substr(0, at));
  EXPECT_EQ(app_->answers_taken, 1);
  writeChunk(*held_, std::string_view(text).substr(at));
  finish();
  EXPECT_EQ(next->answer, text);
  EXPECT_EQ(next->end, End::kFinished);
}

TEST_F(HeldRequestTest, WhoHasACopyOnlyInTheFirstRequestIsSentBack) {
  held_->takeFront();
  AnswerHead head;
  head.status = 304;
  const auto next = nextFront();
  held_->start(head);
  finish();
  EXPECT_EQ(next->head.status, 303);
  EXPECT_EQ(next->end, End::kFinished);
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, APartIsForWhoAsksForOne) {
  for (const bool asks : {false, true}) {
    begin({});
    held_->takeFront();
    AnswerHead head;
    head.status = 206;
    held_->start(head);
    finish();
    auto next = std::make_shared<FakeRequest>();
    if (asks) next->params.add("HTTP_RANGE", "bytes=0-9");
    held_->setFront(next);
    EXPECT_EQ(next->head.status, asks ? 206 : 303);
    EXPECT_EQ(over_, 1);
  }
}

TEST_F(HeldRequestTest, WhoAsksWithAConditionGetsTheAnswerToIt) {
  held_->takeFront();
  AnswerHead head;
  head.status = 304;
  held_->start(head);
  finish();
  auto next = std::make_shared<FakeRequest>();
  next->params.add("HTTP_IF_NONE_MATCH", "\"1\"");
  held_->setFront(next);
  EXPECT_EQ(next->head.status, 304);
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, GivenUpInTheMiddleOfItsDeliveryItIsCut) {
  const auto next = comeBack();
  startAnswer();
  writeChunk(*held_, "part");
  held_->giveUp();
  EXPECT_EQ(next->end, End::kCut);
  EXPECT_EQ(app_->clients_gone, 1);
}

TEST_F(HeldRequestTest, TheBodyOfAFollowUpHasNoMeaning) {
  begin("the body", true);
  held_->takeFront();
  auto next = std::make_shared<FakeRequest>();
  next->addBody("sent again", false);
  held_->setFront(next);
  next->addBody("and more", true);
  EXPECT_EQ(app_->body, "the body");
  EXPECT_TRUE(next->body.empty());
}

TEST_F(HeldRequestTest, AFollowUpThatLeavesIsWaitedForAgain) {
  auto next = comeBack();
  next->loseClient();
  EXPECT_EQ(app_->clients_gone, 0);
  EXPECT_EQ(over_, 0);
  EXPECT_FALSE(held_->isWaitedFor());
  next = nextFront();
  startAnswer();
  finish();
  EXPECT_EQ(next->end, End::kFinished);
}

TEST_F(HeldRequestTest, OneThatLeavesDuringTheDeliveryEndsIt) {
  const auto next = comeBack();
  startAnswer();
  writeChunk(*held_, "one");
  next->loseClient();
  EXPECT_EQ(app_->clients_gone, 1);
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, ACutAnswerIsDeliveredAsSuch) {
  held_->takeFront();
  startAnswer();
  writeChunk(*held_, "part");
  app_->cut();
  const auto next = nextFront();
  EXPECT_EQ(next->answer, "part");
  EXPECT_EQ(next->end, End::kCut);
}

TEST_F(HeldRequestTest, GivenUpTheAppLearnsIt) {
  held_->takeFront();
  startAnswer();
  writeChunk(*held_, "part");
  held_->giveUp();
  EXPECT_EQ(app_->clients_gone, 1);
  EXPECT_EQ(over_, 1);
  held_->giveUp();
  EXPECT_EQ(over_, 1);
}

TEST_F(HeldRequestTest, ErrorsAreSaidToWhoWaits) {
  held_->reportError("first");
  EXPECT_EQ(front_->error, "first");
  const auto next = comeBack();
  held_->reportError("second");
  EXPECT_EQ(front_->error, "first");
  EXPECT_EQ(next->error, "second");
  next->loseClient();
  held_->reportError("to nobody");
}

TEST_F(HeldRequestTest, TheFrontLearnsWhichWorkerHadIt) {
  held_->trail.worker = 4711;
  held_->trail.assigned = RequestTrail::Clock::now();
  held_->takeFront();
  EXPECT_EQ(front_->trail.worker, 4711);
  EXPECT_EQ(front_->trail.assigned, held_->trail.assigned);
}

TEST_F(HeldRequestTest, ItsOwnerLearnsOfChanges) {
  begin("", false);
  changes_ = 0;
  front_->addBody("x", true);
  EXPECT_EQ(changes_, 1) << "the body is here";
  held_->takeFront();
  const auto next = nextFront();
  EXPECT_EQ(changes_, 2) << "somebody waits";
  next->loseClient();
  EXPECT_EQ(changes_, 3) << "nobody waits";
  startAnswer();
  EXPECT_EQ(changes_, 4) << "the answer has begun";
  finish();
  EXPECT_EQ(changes_, 5) << "the answer is complete";
}

}  // namespace
}  // namespace holdfast
