/// \file worker_slot_test.cpp
/// A slot on its stream carrier: the front end's side is a FakeRequest, the worker's side is the
/// test, which reads and writes frames.
#include "host/worker/worker_slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/site/error_page.h"
#include "host/worker/link_message.h"
#include "host/worker/stream_link.h"
#include "host/worker/wsgi_environ.h"
#include "tests/support/cuts.h"
#include "tests/support/descriptors.h"
#include "tests/support/fake_request.h"
#include "tests/support/loop_thread.h"
#include "tests/support/test_peer.h"

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;
using End = FakeRequest::End;

/// As the worker writes fields: between them NUL.
std::string joined(std::initializer_list<std::string_view> fields) {
  std::string text;
  for (const std::string_view field : fields) text.append(field).push_back('\0');
  text.pop_back();
  return text;
}

class WorkerSlotTest : public testing::Test, public WorkerSlot::Owner {
 protected:
  struct ToldFailure {
    int status;
    std::string exact;
    bool begun;
  };

  template <typename Task>
  auto onLoop(Task task) {
    return thread_.call(std::move(task));
  }

  // Not in constructor and destructor: the loop's thread calls this very object.
  void SetUp() override { begin(); }
  void TearDown() override {
    onLoop([this] { slot_.reset(); });
  }

  /// A new slot with a new worker.
  void begin(const std::string& mount = "") {
    worker_.reset();
    SocketPair pair = makeSocketPair();
    worker_.emplace(pair.theirs.release());
    onLoop([&] {
      slot_ = std::make_unique<WorkerSlot>(
          kNumber, std::make_unique<StreamLink>(thread_.loop, std::move(pair.ours)),
          PathRule{mount}, clock_, on_failure_, *this);
      failures_.clear();
      aborted_.clear();
      times_free_ = 0;
      times_lost_ = 0;
    });
  }

  static std::shared_ptr<FakeRequest> newRequest(
      std::vector<std::pair<std::string, std::string>> params = {}) {
    auto request = std::make_shared<FakeRequest>();
    request->params.add("REQUEST_METHOD", "GET");
    request->params.add("PATH_INFO", "/x");
    for (const auto& [name, value] : params) request->params.add(name, value);
    return request;
  }

  /// A request without body that is already at the worker, which has read it.
  std::shared_ptr<FakeRequest> serveBodyless() {
    auto request = newRequest();
    request->body.finish();
    serve(request);
    EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequestWithoutBody});
    return request;
  }

  void serve(const std::shared_ptr<FakeRequest>& request) {
    onLoop([&] { slot_->serve(request, 10s); });
  }

  static std::string head() { return rawRecord(link::kHead, 1, joined({"200 OK", "X-One", "1"})); }
  static std::string body(std::string_view text) { return rawRecord(link::kBody, 1, text); }
  static std::string end() { return rawRecord(link::kEnd, 1); }

  bool awaitFree(int times = 1) {
    return thread_.waitUntil([&, times] { return times_free_ == times; });
  }
  bool awaitLost() {
    return thread_.waitUntil([&] { return times_lost_ > 0; });
  }

  void onSlotFree(WorkerSlot&) override { ++times_free_; }
  void onSlotLost(WorkerSlot&, std::string_view why) override {
    ++times_lost_;
    why_lost_ = why;
  }
  void abortRequest(const WorkerSlot&, std::uint16_t serial) override {
    aborted_.push_back(serial);
  }

  static constexpr std::uint16_t kNumber = 3;

  DescriptorCheck descriptors_;
  std::optional<TestPeer> worker_;
  // All below belongs to the loop's thread.
  std::vector<ToldFailure> failures_;
  std::vector<unsigned> aborted_;
  int times_free_ = 0;
  int times_lost_ = 0;
  std::string why_lost_;
  const FailureSink on_failure_ = [this](Request& request, const Failure& failure, bool begun) {
    failures_.push_back({failure.status, failure.exact, begun});
    if (!begun) answerWithErrorPage(request, failure, false);
  };
  std::chrono::steady_clock::time_point time_{1h};
  const TimeSource clock_ = [this] { return time_; };
  std::unique_ptr<WorkerSlot> slot_;
  LoopThread thread_;
};

// --- host to worker ---

TEST_F(WorkerSlotTest, SendsTheEnviron) {
  auto request = newRequest({{"HTTP_X", "\xE9"}});
  request->body.finish();
  serve(request);
  const auto encoded = encodeEnviron(request->params, {});
  EXPECT_EQ(worker_->readRecord(),
            (SeenRecord{link::kRequestWithoutBody, 1, std::get<std::string>(encoded)}));
  EXPECT_FALSE(onLoop([&] { return slot_->isFree(); }));
}

TEST_F(WorkerSlotTest, SendsTheEnvironBelowItsMount) {
  begin("/app");
  auto request = newRequest({{"SCRIPT_NAME", "/app"}});
  request->body.finish();
  serve(request);
  EXPECT_EQ(worker_->readRecord()->content,
            std::get<std::string>(encodeEnviron(request->params, {"/app"})));
}

TEST_F(WorkerSlotTest, SpreadsAnEnvironThatDoesNotFitOneFrame) {
  auto request = newRequest({{"HTTP_LONG", std::string(150'000, 'v')}});
  request->body.finish();
  serve(request);
  const auto records = worker_->readUntil(link::kRequestWithoutBody, 1);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(streamOf(records, link::kRequestPart, 1) + records.back().content,
            std::get<std::string>(encodeEnviron(request->params, {})));
}

TEST_F(WorkerSlotTest, SendsTheBodyAsItArrives) {
  auto request = newRequest({{"CONTENT_LENGTH", "9"}});
  serve(request);
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequest});
  onLoop([&] { request->addBody("four", false); });
  EXPECT_EQ(worker_->readRecord(), (SeenRecord{link::kInput, 1, "four"}));
  onLoop([&] { request->addBody("five!", false); });
  EXPECT_EQ(worker_->readRecord(), (SeenRecord{link::kInput, 1, "five!"}));
  // The length says that it is complete, before the front end does.
  EXPECT_EQ(worker_->readRecord(), (SeenRecord{link::kInputEnd, 1, ""}));
  onLoop([&] {
    EXPECT_TRUE(request->body.empty());
    EXPECT_GT(request->bodies_taken, 0);
    request->addBody("", true);
  });
  thread_.settle();
  EXPECT_FALSE(worker_->readable(0)) << "the end of the body was told twice";
}

TEST_F(WorkerSlotTest, SendsABodyThatWasThereBefore) {
  auto request = newRequest({{"CONTENT_LENGTH", "4"}});
  request->body.append(asBytes("body"));
  request->body.finish();
  serve(request);
  const auto records = worker_->readUntil(link::kInputEnd, 1);
  EXPECT_EQ(records.front().type, unsigned{link::kRequest});
  EXPECT_EQ(streamOf(records, link::kInput, 1), "body");
}

TEST_F(WorkerSlotTest, TakesTheFrontEndsWordWhereThereIsNoLength) {
  auto request = newRequest();
  serve(request);
  onLoop([&] {
    request->addBody("chunked", false);
    request->addBody(" body", true);
  });
  EXPECT_EQ(streamOf(worker_->readUntil(link::kInputEnd, 1), link::kInput, 1), "chunked body");
}

TEST_F(WorkerSlotTest, NeedsNoBodyWhereTheLengthIsZero) {
  auto request = newRequest({{"CONTENT_LENGTH", "0"}});
  serve(request);
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequestWithoutBody});
  onLoop([&] { request->addBody("", true); });
  thread_.settle();
  EXPECT_FALSE(worker_->readable(0));
}

TEST_F(WorkerSlotTest, SendsNoMoreThanTheLength) {
  auto request = newRequest({{"CONTENT_LENGTH", "4"}});
  serve(request);
  onLoop([&] { request->addBody("body and more", true); });
  EXPECT_EQ(streamOf(worker_->readUntil(link::kInputEnd, 1), link::kInput, 1), "body");
  EXPECT_TRUE(onLoop([&] { return request->body.empty(); })) << "the front end waits for ever";
}

TEST_F(WorkerSlotTest, SaysThatABodyIsShorterThanItsLength) {
  auto request = newRequest({{"CONTENT_LENGTH", "9"}});
  serve(request);
  onLoop([&] { request->addBody("four", true); });
  EXPECT_EQ(streamOf(worker_->readUntil(link::kInputCut, 1), link::kInput, 1), "four");
}

TEST_F(WorkerSlotTest, TakesNoMoreOfTheBodyThanTheWorkerReads) {
  constexpr int kPieces = 256;
  const std::string piece = pattern(65535);
  auto request = newRequest({{"CONTENT_LENGTH", std::to_string(kPieces * piece.size())}});
  serve(request);
  for (int i = 0; i < kPieces; ++i) {
    onLoop([&] { request->addBody(piece, i + 1 == kPieces); });
  }
  thread_.settle();
  onLoop([&] {
    const std::size_t taken = kPieces * piece.size() - request->body.size();
    EXPECT_LT(taken, 2'000'000U) << "the body piles up between front end and worker";
  });
  std::string received;
  for (;;) {
    const auto record = worker_->readRecord();
    ASSERT_TRUE(record);
    if (record->type == unsigned{link::kInputEnd}) break;
    if (record->type == unsigned{link::kInput}) received += record->content;
  }
  std::string expected;
  for (int i = 0; i < kPieces; ++i) expected += piece;
  EXPECT_TRUE(received == expected);
}

TEST_F(WorkerSlotTest, AnswersItselfWhatNoAppCouldTake) {
  auto request = std::make_shared<FakeRequest>();
  request->body.finish();
  serve(request);
  onLoop([&] {
    EXPECT_TRUE(slot_->isFree());
    EXPECT_EQ(request->head.status, 400);
    EXPECT_EQ(request->end, End::kFinished);
    EXPECT_FALSE(request->hasResponder());
  });
  EXPECT_FALSE(worker_->readable(0));
  serveBodyless();
}

// --- worker to host ---

TEST_F(WorkerSlotTest, PassesAnAnswerOnHoweverItIsCut) {
  const std::string bytes =
      rawRecord(link::kHead, 1, joined({"404 Not There", "A", "1", "A", "2"})) + body("Hello") +
      body(", ") + body("") + body("world") + end();
  forEachCut(bytes, [&](const Chunks& chunks) {
    begin();
    const auto request = serveBodyless();
    for (const std::string_view chunk : chunks) {
      worker_->send(chunk);
      thread_.settle();
    }
    ASSERT_TRUE(awaitFree());
    onLoop([&] {
      EXPECT_EQ(request->head.status, 404);
      EXPECT_EQ(request->head.reason, "Not There");
      EXPECT_THAT(request->head.headers,
                  ElementsAre(AnswerHead::Header("A", "1"), AnswerHead::Header("A", "2")));
      EXPECT_EQ(request->answer, "Hello, world");
      EXPECT_EQ(request->end, End::kFinished);
      EXPECT_FALSE(request->hasResponder());
      EXPECT_TRUE(slot_->isFree());
    });
  });
}

TEST_F(WorkerSlotTest, PassesABigAnswerOnUnharmed) {
  const auto request = serveBodyless();
  std::string expected;
  worker_->send(head());
  for (unsigned i = 0; i < 100; ++i) {
    const std::string piece = pattern(i * 655, i);
    worker_->send(body(piece));
    expected += piece;
  }
  worker_->send(end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    EXPECT_TRUE(request->answer == expected);
    EXPECT_LE(request->longest_chunk, Request::kMaxChunkBytes);
  });
}

TEST_F(WorkerSlotTest, PutsAHeadInPartsTogether) {
  const auto request = serveBodyless();
  const std::string value(100'000, 'h');
  const std::string whole = joined({"200 OK", "Long", value});
  worker_->send(rawRecord(link::kHeadPart, 1, whole.substr(0, 65535)) +
                rawRecord(link::kHead, 1, whole.substr(65535)) + end());
  ASSERT_TRUE(awaitFree());
  EXPECT_EQ(onLoop([&] { return request->header("Long"); }), value);
}

TEST_F(WorkerSlotTest, ServesOneRequestAfterTheOther) {
  for (int i = 1; i <= 3; ++i) {
    auto request = newRequest({{"CONTENT_LENGTH", "1"}});
    serve(request);
    onLoop([&] { request->addBody("b", true); });
    const auto serial = static_cast<unsigned>(i);
    EXPECT_EQ(worker_->readUntil(link::kInputEnd, serial).back().id, serial);
    worker_->send(head() + body(std::to_string(i)) + end());
    ASSERT_TRUE(awaitFree(i));
    EXPECT_EQ(onLoop([&] { return request->answer; }), std::to_string(i));
  }
}

TEST_F(WorkerSlotTest, EndsTheBodyOfARequestThatIsAnsweredBeforeItCame) {
  auto request = newRequest({{"CONTENT_LENGTH", "100"}});
  serve(request);
  worker_->send(head() + body("early") + end());
  ASSERT_TRUE(awaitFree());
  EXPECT_EQ(worker_->readUntil(link::kInputCut, 1).back().type, unsigned{link::kInputCut});
  onLoop([&] {
    EXPECT_EQ(request->answer, "early");
    request->addBody("too late", true);
  });
  const auto next = newRequest();
  next->body.finish();
  serve(next);
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequestWithoutBody});
}

TEST_F(WorkerSlotTest, AnswersForAnAppThatRaised) {
  const auto request = serveBodyless();
  worker_->send(rawRecord(link::kFailed, 1, "Traceback ...\nValueError: no\n") + end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_EQ(failures_[0].status, 500);
    EXPECT_EQ(failures_[0].exact, "ValueError: no");
    EXPECT_FALSE(failures_[0].begun);
    EXPECT_EQ(request->head.status, 500);
    EXPECT_EQ(request->end, End::kFinished);
  });
}

TEST_F(WorkerSlotTest, CutsTheAnswerOfAnAppThatRaisedInTheMiddle) {
  const auto request = serveBodyless();
  worker_->send(head() + body("half") + rawRecord(link::kFailed, 1, "KeyError: 1"));
  ASSERT_TRUE(thread_.waitUntil([&] { return request->end == End::kCut; }));
  onLoop([&] {
    EXPECT_EQ(request->answer, "half");
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_TRUE(failures_[0].begun);
    EXPECT_FALSE(slot_->isFree()) << "the worker has not said that it is done";
  });
  worker_->send(end());
  EXPECT_TRUE(awaitFree());
}

TEST_F(WorkerSlotTest, LogsWhatIsRaisedAfterTheAnswerWasComplete) {
  const auto request = serveBodyless();
  worker_->send(head() + body("whole") + rawRecord(link::kFailedLate, 1, "KeyError: 1") + end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_TRUE(failures_[0].begun);
    EXPECT_EQ(request->answer, "whole");
    EXPECT_EQ(request->end, End::kFinished);
  });
}

TEST_F(WorkerSlotTest, AnswersWhereTheWorkerGaveNoAnswer) {
  const auto request = serveBodyless();
  worker_->send(end());
  ASSERT_TRUE(awaitFree());
  EXPECT_EQ(onLoop([&] { return request->head.status; }), 500);
}

// --- the answer's own Content-Length ---

std::string headWithLength(const std::string& length) {
  return rawRecord(link::kHead, 1, joined({"200 OK", "content-length", length}));
}

TEST_F(WorkerSlotTest, PassesOnNoMoreThanTheAppAnnounced) {
  const auto request = serveBodyless();
  worker_->send(headWithLength("7") + body("four") + body("three and more") + body("x") + end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    EXPECT_EQ(request->answer, "fourthr");
    EXPECT_EQ(request->end, End::kFinished);
  });
}

TEST_F(WorkerSlotTest, CutsAnAnswerThatIsShorterThanAnnounced) {
  const auto request = serveBodyless();
  worker_->send(headWithLength("7") + body("four") + end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    EXPECT_EQ(request->end, End::kCut);
    ASSERT_EQ(failures_.size(), 1U);
    EXPECT_TRUE(failures_[0].begun);
  });
}

TEST_F(WorkerSlotTest, TakesALengthWithoutBodyInAnAnswerToHead) {
  auto request = newRequest({{"REQUEST_METHOD", "HEAD"}});  // the later param counts
  request->body.finish();
  serve(request);
  worker_->send(headWithLength("1000") + end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    EXPECT_EQ(request->end, End::kFinished);
    EXPECT_EQ(request->header("content-length"), "1000");
    EXPECT_THAT(failures_, IsEmpty());
  });
}

TEST_F(WorkerSlotTest, RefusesALengthThatIsNoNumber) {
  for (const char* length : {"many", "-1", "", "1, 1", "99999999999999999999999"}) {
    SCOPED_TRACE(length);
    begin();
    const auto request = serveBodyless();
    worker_->send(headWithLength(length) + body("text") + end());
    ASSERT_TRUE(awaitFree());
    onLoop([&] {
      EXPECT_EQ(request->head.status, 500);
      EXPECT_EQ(request->starts, 1);
      EXPECT_EQ(request->end, End::kFinished);
    });
  }
}

// --- back-pressure ---

TEST_F(WorkerSlotTest, ReadsNoMoreOfAnAnswerThanTheClientTakes) {
  const auto request = serveBodyless();
  onLoop([&] { request->congested = true; });
  const std::string piece = pattern(60'000);
  std::string bytes = head();
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    bytes += body(piece);
    expected += piece;
  }
  bytes += end();
  std::size_t sent = 0;
  for (std::size_t more = 1; more > 0;) {
    more = worker_->sendWhatFits(std::string_view(bytes).substr(sent));
    sent += more;
    thread_.settle();
  }
  EXPECT_LT(sent, 2'000'000U) << "the worker is not held back";
  onLoop([&] { request->takeAnswer(); });
  ASSERT_TRUE(worker_->send(std::string_view(bytes).substr(sent)));
  ASSERT_TRUE(awaitFree());
  EXPECT_TRUE(onLoop([&] { return request->answer == expected; }));
}

TEST_F(WorkerSlotTest, KeepsForASlowClientWhatADeadWorkerHadSaid) {
  const auto request = serveBodyless();
  onLoop([&] { request->congested = true; });
  worker_->send(head() + body("first"));
  ASSERT_TRUE(thread_.waitUntil([&] { return request->answer == "first"; }));
  worker_->send(body(" and last") + end());
  worker_->close();
  thread_.settle();
  EXPECT_EQ(onLoop([&] { return request->answer; }), "first");
  onLoop([&] { request->takeAnswer(); });
  ASSERT_TRUE(awaitLost());
  onLoop([&] {
    EXPECT_EQ(request->answer, "first and last");
    EXPECT_EQ(request->end, End::kFinished);
  });
}

// --- ends ---

TEST_F(WorkerSlotTest, TellsTheWorkerThatTheClientLeft) {
  auto request = newRequest({{"CONTENT_LENGTH", "100"}});
  serve(request);
  onLoop([&] { request->addBody("part", false); });
  worker_->readUntil(link::kInput, 1);
  onLoop([&] { request->loseClient(); });
  EXPECT_EQ(worker_->readRecord(), (SeenRecord{link::kInputCut, 1, ""}));
  onLoop([&] {
    EXPECT_THAT(aborted_, ElementsAre(1U));
    EXPECT_FALSE(slot_->isFree()) << "the app still runs";
  });
  worker_->send(head() + body("to nobody") + rawRecord(link::kFailed, 1, "x") + end());
  ASSERT_TRUE(awaitFree());
  onLoop([&] {
    EXPECT_EQ(request->starts, 0);
    EXPECT_EQ(request->end, End::kNone);
    EXPECT_THAT(failures_, IsEmpty());
    EXPECT_TRUE(slot_->isFree());
  });
}

TEST_F(WorkerSlotTest, ReadsOnWhereASlowClientLeaves) {
  const auto request = serveBodyless();
  onLoop([&] { request->congested = true; });
  worker_->send(head() + body("first"));
  ASSERT_TRUE(thread_.waitUntil([&] { return request->answer == "first"; }));
  onLoop([&] { request->loseClient(); });
  // More than the socket holds: the worker must not block on a client that is gone.
  std::string rest;
  for (int i = 0; i < 50; ++i) rest += body(pattern(60'000));
  ASSERT_TRUE(worker_->send(rest + end()));
  EXPECT_TRUE(awaitFree());
}

TEST_F(WorkerSlotTest, TellsARequestHowItsWorkerDied) {
  const auto request = serveBodyless();
  worker_->close();
  ASSERT_TRUE(awaitLost());
  onLoop([&] {
    EXPECT_EQ(why_lost_, "") << "it did nothing wrong";
    EXPECT_TRUE(slot_->isLost());
    EXPECT_FALSE(slot_->isFree());
    EXPECT_EQ(request->end, End::kNone) << "how it ended is not known yet";
    slot_->workerDied(workerDied(1, "exit code 3", {}));
    EXPECT_EQ(request->head.status, 502);
    EXPECT_EQ(request->end, End::kFinished);
    EXPECT_FALSE(slot_->isFree());
  });
}

TEST_F(WorkerSlotTest, CutsAnAnswerWhoseWorkerDied) {
  const auto request = serveBodyless();
  worker_->send(head() + body("half"));
  worker_->close();
  ASSERT_TRUE(awaitLost());
  onLoop([&] {
    slot_->workerDied(workerDied(1, "exit code 3", {}));
    EXPECT_EQ(request->answer, "half");
    EXPECT_EQ(request->end, End::kCut);
    EXPECT_EQ(request->starts, 1);
  });
}

TEST_F(WorkerSlotTest, IsLostWithoutARequestToo) {
  worker_->close();
  ASSERT_TRUE(awaitLost());
  onLoop([&] {
    EXPECT_FALSE(slot_->isFree());
    slot_->workerDied(workerDied(1, "exit code 0", {}));
    EXPECT_THAT(failures_, IsEmpty());
  });
}

TEST_F(WorkerSlotTest, TakesBodyOfARequestWhoseWorkerDied) {
  // Else the front end would never read on, and never find the end of the request.
  auto request = newRequest({{"CONTENT_LENGTH", "1000000"}});
  serve(request);
  worker_->close();
  ASSERT_TRUE(awaitLost());
  onLoop([&] {
    request->addBody(pattern(10'000), false);
    EXPECT_TRUE(request->body.empty());
  });
}

TEST_F(WorkerSlotTest, IsLostByWhatIsNoFrame) {
  const std::string wrong[] = {
      "HTTP/1.1 200 OK\r\n",
      rawRecord(link::kBody, 1, "x", 0, 2),
      rawRecord(99, 1, "no such type"),
      rawRecord(link::kRequest, 1, "host's own"),
      rawRecord(link::kHead, 1, "no status"),
      rawRecord(link::kHead, 1, joined({"200 OK", "A", "b\r\nc"})),
  };
  for (const std::string& bytes : wrong) {
    SCOPED_TRACE(testing::PrintToString(bytes));
    begin();
    const auto request = serveBodyless();
    worker_->send(bytes);
    ASSERT_TRUE(awaitLost());
    EXPECT_TRUE(worker_->atEnd());
    onLoop([&] {
      EXPECT_NE(why_lost_, "");
      EXPECT_EQ(times_lost_, 1);
      slot_->workerDied(workerDied(1, "killed", {}));
      EXPECT_EQ(request->head.status, 502);
    });
  }
}

TEST_F(WorkerSlotTest, IsLostByAHeadWithoutEnd) {
  const auto request = serveBodyless();
  std::string endless;
  for (int i = 0; i < 32; ++i) endless += rawRecord(link::kHeadPart, 1, std::string(60'000, 'h'));
  worker_->send(endless);
  EXPECT_TRUE(awaitLost());
}

TEST_F(WorkerSlotTest, EndsTheConnectionWhenItIsClosed) {
  onLoop([&] { slot_->close(); });
  EXPECT_TRUE(worker_->atEnd());
  onLoop([&] {
    EXPECT_FALSE(slot_->isFree());
    EXPECT_TRUE(slot_->isLost());
    EXPECT_EQ(times_lost_, 0) << "who closes it need not be told";
  });
}

// --- deadlines: the limit is 10 s, see serve() ---

class WorkerSlotDeadline : public WorkerSlotTest {
 protected:
  void pass(std::chrono::milliseconds time) {
    onLoop([&] { time_ += time; });
  }
  bool isOverdue() { return overdue() != Overdue::kNot; }
  using Overdue = WorkerSlot::Overdue;
  Overdue overdue() {
    return onLoop([&] { return slot_->checkDeadline(); });
  }
  void giveUpOverdue(bool for_good) {
    onLoop([&] { slot_->giveUpOverdue(timedOut(10s), for_good); });
  }
  /// As serveBodyless(), received so long ago.
  std::shared_ptr<FakeRequest> serveAfterWaiting(std::chrono::milliseconds waited) {
    auto request = newRequest();
    request->body.finish();
    request->trail.received = time_ - waited;
    serve(request);
    EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequestWithoutBody});
    return request;
  }
  void sendAndAwait(const std::string& records, const std::shared_ptr<FakeRequest>& request,
                    int flushes) {
    worker_->send(records);
    EXPECT_TRUE(thread_.waitUntil([&] { return request->flushes == flushes; }));
  }
};

TEST_F(WorkerSlotDeadline, TimeSpentWaitingCounts) {
  serveAfterWaiting(8s);
  pass(1999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_EQ(overdue(), Overdue::kWaiting) << "the app itself had two seconds";
}

TEST_F(WorkerSlotDeadline, EachChunkBeginsItAnew) {
  auto request = serveAfterWaiting(0s);
  pass(9s);
  sendAndAwait(head() + body("a"), request, 1);
  pass(9s);
  EXPECT_FALSE(isOverdue());
  sendAndAwait(body("b"), request, 2);
  pass(9999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_EQ(overdue(), Overdue::kApp);
}

TEST_F(WorkerSlotDeadline, AnsweredWithAPageAndTheWorkerIsToldThatNobodyWaits) {
  auto request = serveAfterWaiting(0s);
  pass(10s);
  ASSERT_TRUE(isOverdue());
  giveUpOverdue(true);
  EXPECT_EQ(request->head.status, 504);
  EXPECT_EQ(request->end, End::kFinished);
  EXPECT_THAT(aborted_, IsEmpty()) << "first its stacks are to be looked at";
  onLoop([&] { slot_->letGo(); });
  EXPECT_THAT(aborted_, ElementsAre(1u));
  EXPECT_FALSE(isOverdue()) << "once is enough";
  EXPECT_FALSE(onLoop([&] { return slot_->isRunning() || slot_->isFree(); }));
}

TEST_F(WorkerSlotDeadline, AnAnswerThatHadBegunIsCut) {
  auto request = serveAfterWaiting(0s);
  sendAndAwait(head() + body("a"), request, 1);
  pass(10s);
  giveUpOverdue(true);
  EXPECT_EQ(request->end, End::kCut);
  EXPECT_EQ(request->answer, "a");
}

TEST_F(WorkerSlotDeadline, AnAppThatComesBackFreesItsSlot) {
  auto request = serveAfterWaiting(0s);
  pass(10s);
  giveUpOverdue(true);
  worker_->send(head() + body("late") + end());
  EXPECT_TRUE(awaitFree());
  EXPECT_TRUE(onLoop([&] { return slot_->isFree(); }));
  EXPECT_THAT(request->answer, testing::Not(testing::HasSubstr("late")));
}

TEST_F(WorkerSlotDeadline, TheAppGetsItsOwnTimeAfterTheRequestsIsOver) {
  serveAfterWaiting(9s);
  pass(1s);
  ASSERT_TRUE(isOverdue());
  giveUpOverdue(false);
  EXPECT_FALSE(isOverdue());
  EXPECT_TRUE(onLoop([&] { return slot_->isRunning(); }));
  pass(9s);
  EXPECT_EQ(overdue(), Overdue::kApp);
  EXPECT_EQ(failures_.size(), 1u);
}

TEST_F(WorkerSlotDeadline, StandsStillWhileTheClientIsSlow) {
  auto request = serveAfterWaiting(0s);
  request->congested = true;
  sendAndAwait(head() + body("a"), request, 1);
  pass(1h);
  EXPECT_FALSE(isOverdue());
  onLoop([&] { request->takeAnswer(); });
  pass(9s);
  EXPECT_FALSE(isOverdue());
  pass(1s);
  EXPECT_TRUE(isOverdue());
}

TEST_F(WorkerSlotDeadline, RunsOnWhenTheClientHasLeft) {
  auto request = serveAfterWaiting(0s);
  onLoop([&] { request->loseClient(); });
  pass(10s);
  EXPECT_TRUE(isOverdue());
  giveUpOverdue(true);
  EXPECT_EQ(failures_.size(), 1u) << "for the log";
}

TEST_F(WorkerSlotDeadline, AnAppThatReadsItsBodyIsGivenTimeAnew) {
  auto request = newRequest({{"CONTENT_LENGTH", "60000"}});
  request->trail.received = time_;
  serve(request);
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequest});
  pass(9s);
  onLoop([&] { request->addBody(std::string(20000, 'b'), false); });
  EXPECT_EQ(worker_->readRecord()->content.size(), 20000u);
  pass(1s);
  EXPECT_EQ(overdue(), Overdue::kNot);
  pass(10s);
  EXPECT_EQ(overdue(), Overdue::kClient) << "it has read all that came";
}

TEST_F(WorkerSlotDeadline, OneThatDoesNotReadItIsNot) {
  auto request = newRequest({{"CONTENT_LENGTH", "60000"}});
  request->trail.received = time_;
  serve(request);
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequest});
  pass(9s);
  onLoop([&] { request->addBody(std::string(20000, 'b'), false); });
  pass(1s);
  EXPECT_EQ(overdue(), Overdue::kApp);
}

TEST_F(WorkerSlotDeadline, AClientThatDribblesIsToBlame) {
  auto request = newRequest({{"CONTENT_LENGTH", "60000"}});
  request->trail.received = time_;
  serve(request);
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kRequest});
  onLoop([&] { request->addBody("b", false); });
  EXPECT_EQ(worker_->readRecord()->content, "b");
  pass(10s);
  EXPECT_EQ(overdue(), Overdue::kClient);
  giveUpOverdue(false);
  onLoop([&] { slot_->letGo(); });
  EXPECT_EQ(worker_->readRecord()->type, unsigned{link::kInputCut});
  pass(10s);
  EXPECT_EQ(overdue(), Overdue::kApp) << "it does not come back although it was told";
}

TEST_F(WorkerSlotDeadline, NamesARequestAfterItsClientHasLeft) {
  auto request = serveAfterWaiting(0s);
  onLoop([&] { request->loseClient(); });
  EXPECT_THAT(onLoop([&] { return slot_->servedRequest(); }), testing::HasSubstr("test-1"));
  worker_->send(head() + end());
  ASSERT_TRUE(awaitFree());
  EXPECT_EQ(onLoop([&] { return slot_->servedRequest(); }), "");
}

// --- ... while a debugger holds the app ---

class WorkerSlotHold : public WorkerSlotDeadline {
 protected:
  void setHeld(bool held) {
    onLoop([&] { slot_->setHeld(held); });
  }
  void hold(std::chrono::milliseconds time) {
    setHeld(true);
    pass(time);
    EXPECT_FALSE(isOverdue());
    setHeld(false);
  }
};

TEST_F(WorkerSlotHold, TimeGoesOnWithWhatWasLeft) {
  serveAfterWaiting(0s);
  pass(1s);
  hold(1h);
  pass(1s);
  hold(1h);
  pass(7999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_EQ(overdue(), Overdue::kApp);
}

TEST_F(WorkerSlotHold, LeavesAtLeastFiveSeconds) {
  serveAfterWaiting(0s);
  pass(9s);
  hold(1h);
  pass(4999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_EQ(overdue(), Overdue::kApp);
  EXPECT_TRUE(onLoop([&] { return slot_->wasHeld(); }));
}

TEST_F(WorkerSlotHold, GivesNobodyUpWhoseTimeWasOverBefore) {
  serveAfterWaiting(0s);
  pass(11s);
  hold(1h);
  pass(4999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_TRUE(isOverdue());
}

TEST_F(WorkerSlotHold, ARequestThatComesMeanwhileHasAllOfItsTimeAfterwards) {
  setHeld(true);
  pass(1min);
  serveAfterWaiting(3s);
  pass(1h);
  EXPECT_FALSE(isOverdue());
  setHeld(false);
  pass(6999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_EQ(overdue(), Overdue::kWaiting) << "the app itself had seven seconds";
}

TEST_F(WorkerSlotHold, WhatItWaitedForAnothersHoldDoesNotCount) {
  auto request = newRequest();
  request->body.finish();
  request->trail.received = time_ - 1h;
  request->trail.uncounted = 1h - 3s;
  serve(request);
  pass(6999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_TRUE(isOverdue());
}

TEST_F(WorkerSlotHold, IsNotTheAppsOwnTime) {
  serveAfterWaiting(8s);
  pass(1s);
  hold(1h);
  pass(5s);
  ASSERT_EQ(overdue(), Overdue::kWaiting) << "it has had six seconds";
  giveUpOverdue(false);
  pass(3999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_EQ(overdue(), Overdue::kApp);
}

TEST_F(WorkerSlotHold, AndASlowClientEachStopTheTime) {
  for (const bool client_first : {false, true}) {
    begin();
    auto request = serveAfterWaiting(0s);
    request->congested = true;
    sendAndAwait(head() + body("a"), request, 1);
    pass(1min);
    setHeld(true);
    pass(1min);
    if (client_first) onLoop([&] { request->takeAnswer(); });
    if (!client_first) setHeld(false);
    pass(1h);
    EXPECT_FALSE(isOverdue());
    if (!client_first) onLoop([&] { request->takeAnswer(); });
    if (client_first) setHeld(false);
    pass(9999ms);
    EXPECT_FALSE(isOverdue());
    pass(1ms);
    EXPECT_TRUE(isOverdue());
    onLoop([&] { request->setResponder(nullptr); });
  }
}

TEST_F(WorkerSlotHold, TimeThatBeginsAnewMeanwhileBeginsAfterwards) {
  auto request = serveAfterWaiting(0s);
  pass(9s);
  setHeld(true);
  sendAndAwait(head() + body("a"), request, 1);
  pass(1min);
  setHeld(false);
  pass(9999ms);
  EXPECT_FALSE(isOverdue());
  setHeld(true);
  onLoop([&] { slot_->renewTime(); });
  setHeld(true);  // once more is no more
  pass(1h);
  setHeld(false);
  pass(9999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_TRUE(isOverdue());
}

TEST_F(WorkerSlotHold, TimeAnewIsNotLessThanWhatItLeaves) {
  const auto request = newRequest();
  request->trail.received = time_;
  onLoop([&] { slot_->serve(request, 2s); });
  hold(1h);
  onLoop([&] { slot_->renewTime(); });
  pass(4999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_TRUE(isOverdue());
}

TEST_F(WorkerSlotHold, TheNextRequestKnowsNothingOfIt) {
  serveAfterWaiting(0s);
  setHeld(true);
  worker_->send(head() + end());
  ASSERT_TRUE(awaitFree());
  pass(1h);
  setHeld(false);
  serveAfterWaiting(0s);
  EXPECT_FALSE(onLoop([&] { return slot_->wasHeld(); }));
  pass(9999ms);
  EXPECT_FALSE(isOverdue());
  pass(1ms);
  EXPECT_TRUE(isOverdue());
}

TEST_F(WorkerSlotDeadline, TheNextRequestHasItsOwn) {
  serveAfterWaiting(0s);
  pass(9s);
  worker_->send(head() + end());
  ASSERT_TRUE(awaitFree());
  pass(1h);
  EXPECT_FALSE(isOverdue());
  serveAfterWaiting(0s);
  EXPECT_FALSE(isOverdue());
  pass(10s);
  EXPECT_TRUE(isOverdue());
}

}  // namespace
}  // namespace holdfast
