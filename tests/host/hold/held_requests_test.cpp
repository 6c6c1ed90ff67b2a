#include "host/hold/held_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/hold/held_token.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_request.h"
#include "tests/support/loop_thread.h"
#include "tests/support/recording_responder.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using End = FakeRequest::End;

struct PaddedRequest : FakeRequest {
  void pad() override { ++pads; }
  int pads = 0;
};

std::shared_ptr<PaddedRequest> asBrowser(std::shared_ptr<PaddedRequest> made) {
  made->params.add("HTTP_SEC_FETCH_MODE", "navigate");
  made->params.add("HTTP_SEC_FETCH_DEST", "document");
  return made;
}

/// The front ends are told limits of fractions of a second, so that keepers act within a test. All
/// on the loop's thread.
class HeldRequestsTest : public testing::Test {
 protected:
  template <typename Task>
  auto onLoop(Task task) {
    return thread_.call(std::move(task));
  }

  HeldRequestsTest() {
    onLoop([this] {
      requests_ = std::make_unique<HeldRequests>(
          thread_.loop,
          [](Request& request, HeldRequests::Refusal why) {
            AnswerHead head;
            head.status = why == HeldRequests::Refusal::kGone ? 410 : 409;
            request.start(head);
            request.finish();
          },
          [this](const HeldRequest& request) {
            signs_.push_back(request.id + (request.isAnswered() ? " is answered" : " begins"));
          });
      plan_.debug_path = "/ptvsd";
      plan_.patience = 200ms;
      requests_->apply(plan_);
    });
  }
  ~HeldRequestsTest() override {
    onLoop([this] {
      apps_.clear();
      requests_.reset();
    });
    thread_.settle();
  }

  std::shared_ptr<PaddedRequest> request(const std::string& software = "Caddy/v2.6.2",
                                         const std::string& target = "/shop?page=2",
                                         const std::string& method = "GET") {
    auto made = std::make_shared<PaddedRequest>();
    made->id = "id-" + std::to_string(++made_);
    made->params.add("SERVER_SOFTWARE", software);
    made->params.add("REQUEST_METHOD", method);
    made->params.add("REQUEST_URI", target);
    const std::size_t question = target.find('?');
    made->params.add("QUERY_STRING",
                     question == std::string::npos ? "" : target.substr(question + 1));
    made->params.add("HTTP_HOST", "site.example");
    made->body.finish();
    return made;
  }

  /// ... that the lane's app has.
  RecordingResponder& enter(const std::shared_ptr<PaddedRequest>& front, bool marked = false) {
    return *onLoop([&] {
      front->trail.received = RequestTrail::Clock::now();
      apps_.push_back(std::make_unique<RecordingResponder>(requests_->wrap(front, marked)));
      return apps_.back().get();
    });
  }

  void hold(bool held = true) {
    onLoop([&] { requests_->setHeld(held); });
  }

  bool isAnswered(const std::shared_ptr<PaddedRequest>& front) {
    return thread_.waitUntil([&] { return front->end != End::kNone; });
  }

  /// Of a redirect: the request that a client sends then.
  std::shared_ptr<PaddedRequest> following(const FakeRequest& redirect,
                                           const std::string& method = "GET") {
    return request("Caddy/v2.6.2", "/shop" + redirect.header("Location"), method);
  }

  bool take(const std::shared_ptr<PaddedRequest>& next) {
    return onLoop([&] {
      next->trail.received = RequestTrail::Clock::now();
      return requests_->take(next);
    });
  }

  /// ... that is not sent away again, however late the test is.
  bool takeForGood(const std::shared_ptr<PaddedRequest>& next) {
    plan_.patience = 60s;
    onLoop([&] { requests_->apply(plan_); });
    return take(next);
  }

  std::vector<proxy::HeldRequestReport> report() {
    return onLoop([&] { return requests_->report(); });
  }

  HeldRequests::Plan plan_;
  std::unique_ptr<HeldRequests> requests_;
  std::vector<std::string> signs_;
  std::vector<std::unique_ptr<RecordingResponder>> apps_;
  int made_ = 0;
  CapturedLog log_;
  LoopThread thread_;
};

TEST_F(HeldRequestsTest, AHeldOneIsRedirectedInTimeAndItsClientGetsTheAnswer) {
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  EXPECT_EQ(front->head.status, 303);
  EXPECT_THAT(front->header("Location"),
              testing::MatchesRegex("\\?page=2&holdfast-held=[0-9a-f]{32}\\.1"));
  EXPECT_EQ(front->header("Cache-Control"), "no-store");
  EXPECT_EQ(app.clients_gone, 0);

  const auto next = following(*front);
  EXPECT_TRUE(takeForGood(next));
  onLoop([&] { app.answer("the answer", 201); });
  EXPECT_EQ(next->head.status, 201);
  EXPECT_EQ(next->answer, "the answer");
  EXPECT_EQ(onLoop([&] { return requests_->expected(); }), 0U);
}

TEST_F(HeldRequestsTest, TellsOfTheAnswersToWhatWasHeld) {
  RecordingResponder& is_not_held = enter(request());
  onLoop([&] { is_not_held.answer("before"); });
  const auto leaves = request();
  enter(leaves);
  RecordingResponder& is_led_away = enter(request());
  RecordingResponder& is_cut = enter(request());
  RecordingResponder& is_whole = enter(request());
  hold();
  onLoop([&] {
    leaves->loseClient();
    requests_->leaveLane(*is_led_away.request);
    is_led_away.answer("elsewhere");
    EXPECT_TRUE(signs_.empty());
    is_cut.cut();
    is_whole.answer("whole");
  });
  EXPECT_EQ(signs_,
            (std::vector<std::string>{"id-4 is answered", "id-5 begins", "id-5 is answered"}));
}

TEST_F(HeldRequestsTest, CountsThoseOfAThread) {
  for (const char* path : {"/a", "/a", "/b"}) {
    const auto front = request();
    front->params.add("PATH_INFO", path);
    enter(front);
  }
  const auto count = [&](const char* thread) {
    return onLoop([&] { return requests_->countHeldRuns(thread); });
  };
  EXPECT_EQ(count("GET /a"), 0U) << "nothing is held";
  hold();
  EXPECT_EQ(count("GET /a"), 2U);
  EXPECT_EQ(count("GET /b"), 1U);
  EXPECT_EQ(count("POST /b"), 0U);
  EXPECT_EQ(count(""), 0U);
  onLoop([&] { apps_[0]->answer("done"); });
  EXPECT_EQ(count("GET /a"), 1U);
}

TEST_F(HeldRequestsTest, OneThatWasNeverHeldIsLeftAlone) {
  const auto was_held = request();
  enter(was_held);
  hold();
  hold(false);
  const auto never_held = request();
  enter(never_held);
  ASSERT_TRUE(isAnswered(was_held)) << "after the resume too, its front end's clock runs";
  // Its own limit, some milliseconds later, passes without anything.
  const auto again = following(*was_held);
  take(again);
  ASSERT_TRUE(isAnswered(again));
  EXPECT_EQ(never_held->end, End::kNone);
  EXPECT_EQ(report().size(), 1U);
}

TEST_F(HeldRequestsTest, AFollowUpWaitsAgainAsLongAsItTakes) {
  auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(isAnswered(front));
    EXPECT_THAT(front->header("Location"), testing::EndsWith("." + std::to_string(i)));
    front = following(*front);
    ASSERT_TRUE(i < 5 ? take(front) : takeForGood(front));
  }
  EXPECT_EQ(report().at(0).hand_offs, 5U);
  onLoop([&] { app.answer("patience"); });
  EXPECT_EQ(front->answer, "patience");
}

/// Of a hop of nginx: what asks then has the first address still.
std::shared_ptr<PaddedRequest> hopped(const FakeRequest& answered, bool navigation) {
  auto next = std::make_shared<PaddedRequest>();
  next->params.add("SERVER_SOFTWARE", "nginx/1.22.1");
  next->params.add("REQUEST_METHOD", "GET");
  next->params.add("REQUEST_URI", "/a%20b?x=1");
  const std::string hop = answered.header("X-Accel-Redirect");
  next->params.add("QUERY_STRING", hop.substr(hop.find('?') + 1));
  next->params.add("HTTP_HOST", "site.example");
  next->body.finish();
  return navigation ? asBrowser(next) : next;
}

TEST_F(HeldRequestsTest, NginxIsMadeToAskAnewThreeTimes) {
  auto front = request("nginx/1.22.1", "/a%20b?x=1");
  enter(front);
  hold();
  for (unsigned i = 1; i <= kMaxHops; ++i) {
    ASSERT_TRUE(isAnswered(front));
    EXPECT_THAT(front->header("X-Accel-Redirect"),
                testing::MatchesRegex("/a%20b\\?x=1&holdfast-held=[0-9a-f]{32}\\.[1-3]\\.hop"));
    EXPECT_EQ(front->header("Cache-Control"), "(none)") << "nginx would add it to the app's";
    EXPECT_EQ("/a%20b" + front->header("Location") + ".hop", front->header("X-Accel-Redirect"))
        << "for where it is told not to";
    front = hopped(*front, false);
    ASSERT_TRUE(take(front));
  }
  ASSERT_TRUE(isAnswered(front));
  EXPECT_EQ(front->header("X-Accel-Redirect"), "(none)");
  EXPECT_EQ(front->head.status, 303);
  EXPECT_THAT(front->header("Location"), testing::EndsWith(".4"));
}

TEST_F(HeldRequestsTest, WhereNginxIsToldNotToHopItsClientGoesAndIsCounted) {
  auto front = request("nginx/1.22.1", "/a%20b?x=1", "POST");
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  EXPECT_NE(front->header("X-Accel-Redirect"), "(none)");
  EXPECT_FALSE(log_.has("its client is sent a redirect")) << "nginx alone notices a hop";
  front = request("nginx/1.22.1", "/a%20b" + front->header("Location"));
  ASSERT_TRUE(take(front));
  EXPECT_TRUE(log_.has("its client is sent a redirect"));
  ASSERT_TRUE(isAnswered(front));
  EXPECT_EQ(front->header("X-Accel-Redirect"), "(none)") << "it makes no difference";
  EXPECT_EQ(report().at(0).hand_offs, 2U);
  const auto last = request("nginx/1.22.1", "/a%20b" + front->header("Location"));
  ASSERT_TRUE(takeForGood(last));
  onLoop([&] { app.answer("made", 201); });
  ASSERT_EQ(last->head.status, 201);
  const auto reloaded = request("nginx/1.22.1", "/a%20b" + front->header("Location"));
  ASSERT_TRUE(take(reloaded));
  EXPECT_EQ(reloaded->head.status, 303) << "a client's own GET is led away";
  EXPECT_EQ(reloaded->header("Location"), "?x=1");
}

/// To another process, for instance; a web server has made a GET of it.
TEST_F(HeldRequestsTest, AHopOfAPostThatComesToNobodyIsNoGet) {
  const auto front = request("nginx/1.22.1", "/a%20b", "POST");
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  const auto first = hopped(*front, false);
  ASSERT_TRUE(take(first));
  onLoop([&] { app.answer("made", 201); });
  ASSERT_EQ(first->head.status, 201);
  const auto again = hopped(*front, false);
  ASSERT_TRUE(take(again));
  EXPECT_EQ(again->head.status, 410);
}

/// A client follows a number of redirects and no more: as few as can be for programs, and for
/// people the page, which comes after some.
TEST_F(HeldRequestsTest, NginxHopsAnewForAProgramThatHasFollowedARedirect) {
  for (const bool navigation : {false, true}) {
    auto front = request("nginx/1.22.1", "/a%20b?x=1");
    if (navigation) asBrowser(front);
    enter(front);
    hold();
    for (unsigned i = 1; i <= kMaxHops; ++i) {
      ASSERT_TRUE(isAnswered(front));
      front = hopped(*front, navigation);
      ASSERT_TRUE(take(front));
    }
    ASSERT_TRUE(isAnswered(front));
    const std::string location = front->header("Location");
    front = request("nginx/1.22.1", "/a%20b" + location);
    if (navigation) asBrowser(front);
    ASSERT_TRUE(take(front));
    ASSERT_TRUE(isAnswered(front));
    EXPECT_EQ(front->header("X-Accel-Redirect") == "(none)", navigation);
    const auto lines = log_.all();
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [&](const std::string& line) {
                              return line.find("its client is sent a redirect") !=
                                     std::string::npos;
                            }),
              navigation ? 2 : 1)
        << "of each request, once";
  }
}

TEST_F(HeldRequestsTest, ModFcgidIsPaddedAndThenRedirectsLocally) {
  plan_.patience = 1s;
  onLoop([&] { requests_->apply(plan_); });
  const auto front = request("Apache/2.4.57", "/a%20b?x=1");
  front->from_mod_fcgid = true;
  enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  EXPECT_GE(front->pads, 1) << "it gives up after FcgidIOTimeout without a sign";
  EXPECT_EQ(front->head.status, 200);
  ASSERT_EQ(front->head.headers.size(), 1U) << "all others would go to the app's own";
  EXPECT_THAT(front->header("Location"),
              testing::MatchesRegex("/a%20b\\?x=1&holdfast-held=[0-9a-f]{32}\\.1\\.hop"));
  EXPECT_EQ(report().at(0).front_end, "mod_fcgid");
}

struct LongAddress {
  const char* name;
  std::size_t path;
  std::size_t query;
  bool hops;
};

/// All header fields of an answer, as nginx has to take them.
class LongAddresses : public HeldRequestsTest, public testing::WithParamInterface<LongAddress> {};

TEST_P(LongAddresses, LeaveRoomForTheOtherHeaderFields) {
  const LongAddress& address = GetParam();
  const auto front = request(
      "nginx/1.22.1", '/' + std::string(address.path, 'p') + '?' + std::string(address.query, 'q'));
  enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  std::size_t bytes = 0;
  for (const auto& [name, value] : front->head.headers) bytes += name.size() + value.size() + 4;
  EXPECT_LT(bytes, 3900U);
  EXPECT_THAT(front->header("Location"), testing::HasSubstr("holdfast-held="));
  EXPECT_EQ(front->header("X-Accel-Redirect") != "(none)", address.hops);
}

INSTANTIATE_TEST_SUITE_P(All, LongAddresses,
                         testing::Values(LongAddress{"query", 10, 5000, true},
                                         LongAddress{"path", 5000, 10, false},
                                         LongAddress{"both", 1600, 1600, true},
                                         LongAddress{"neither", 10, 10, true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(HeldRequestsTest, ApacheIsPadded) {
  const auto front = request("Apache/2.4.57");
  enter(front);
  hold();
  EXPECT_TRUE(thread_.waitUntil([&] { return front->pads >= 5; }));
  EXPECT_EQ(front->end, End::kNone);
  EXPECT_EQ(report().at(0).keeper, "pad");
}

TEST_F(HeldRequestsTest, StepsDoNotKeepPadsAway) {
  const auto front = request("Apache/2.4.57");
  enter(front);
  // Each step comes sooner than the next pad.
  EXPECT_TRUE(thread_.waitUntil([&] {
    requests_->setHeld(true);
    requests_->setHeld(false);
    return front->pads >= 3;
  }));
}

TEST_F(HeldRequestsTest, WhereTimeIsNearlyOverAPadIsSentAtOnce) {
  plan_.patience = 60s;
  onLoop([&] { requests_->apply(plan_); });
  const auto front = request("Apache/2.4.57");
  onLoop([&] {
    front->trail.received = RequestTrail::Clock::now() - 55s;
    apps_.push_back(std::make_unique<RecordingResponder>(requests_->wrap(front, false)));
  });
  hold();
  EXPECT_TRUE(thread_.waitUntil([&] { return front->pads == 1; }));
}

TEST_F(HeldRequestsTest, NothingIsDoneOnceTheAnswerHasBegun) {
  const auto begun = request();
  RecordingResponder& app = enter(begun);
  onLoop([&] { app.request->start({}); });
  const auto other = request();
  enter(other);
  hold();
  ASSERT_TRUE(isAnswered(other));
  EXPECT_EQ(begun->end, End::kNone);
  EXPECT_EQ(report().at(0).keeper, "none");
  onLoop([&] { requests_->logHeld(); });
  EXPECT_TRUE(log_.has("this one has begun"));
}

TEST_F(HeldRequestsTest, TheBodyIsReadWholeFirst) {
  const auto front = request("Caddy/v2.6.2", "/upload", "POST");
  front->body = BodyBuffer();
  RecordingResponder& app = enter(front);
  onLoop([&] { front->addBody("first ", false); });
  hold();
  ASSERT_TRUE(thread_.waitUntil([&] { return log_.has("has not sent all of its body"); }));
  EXPECT_EQ(front->end, End::kNone);
  onLoop([&] { front->addBody("last", true); });
  ASSERT_TRUE(isAnswered(front));
  EXPECT_EQ(front->head.status, 303);
  EXPECT_EQ(app.body, "first last");
}

TEST_F(HeldRequestsTest, ATokenLeadsNowhereElse) {
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));

  const auto stranger = std::make_shared<PaddedRequest>();
  stranger->params.add("REQUEST_METHOD", "GET");
  stranger->params.add("QUERY_STRING", front->header("Location").substr(1));
  stranger->params.add("HTTP_HOST", "other.example");
  EXPECT_TRUE(take(stranger));
  EXPECT_EQ(stranger->head.status, 303);
  EXPECT_EQ(stranger->header("Location"), "?page=2");

  const auto guess = request("Caddy/v2.6.2", "/x?holdfast-held=" + std::string(32, '0') + "&y");
  EXPECT_TRUE(take(guess));
  EXPECT_EQ(guess->header("Location"), "?y");

  const auto next = following(*front);
  takeForGood(next);
  onLoop([&] { app.answer("mine"); });
  EXPECT_EQ(next->answer, "mine");
  EXPECT_EQ(stranger->answer + guess->answer, "");
}

TEST_F(HeldRequestsTest, ADeliveredTokenLeadsToTheCleanAddressOrAnExplanation) {
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  takeForGood(following(*front));
  onLoop([&] { app.answer("once"); });
  thread_.settle();

  const auto again = following(*front);
  EXPECT_TRUE(take(again));
  EXPECT_EQ(again->head.status, 303);
  EXPECT_EQ(again->header("Location"), "?page=2");
  const auto posted = following(*front, "POST");
  EXPECT_TRUE(take(posted));
  EXPECT_EQ(posted->head.status, 410);
}

TEST_F(HeldRequestsTest, WhoAsksForTheHeadOrForLeaveDoesNotUseItUp) {
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  const auto head = following(*front, "HEAD");
  EXPECT_TRUE(take(head));
  EXPECT_EQ(head->head.status, 303);
  EXPECT_EQ(head->header("Location"), "?page=2");
  const auto preflight = following(*front, "OPTIONS");
  preflight->params.add("HTTP_ORIGIN", "https://other.example");
  preflight->params.add("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "GET");
  preflight->params.add("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "authorization, x-one");
  EXPECT_TRUE(take(preflight));
  EXPECT_EQ(preflight->head.status, 204);
  EXPECT_EQ(preflight->header("Access-Control-Allow-Origin"), "https://other.example");
  EXPECT_EQ(preflight->header("Access-Control-Allow-Headers"), "authorization, x-one");
  const auto next = following(*front);
  takeForGood(next);
  onLoop([&] { app.answer("whole"); });
  EXPECT_EQ(next->answer, "whole");
}

TEST_F(HeldRequestsTest, ACopyThatIsGoodIsNoAnswerToWhoComesBackWithoutIt) {
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  const auto next = following(*front);
  takeForGood(next);
  onLoop([&] { app.answer("", 304); });
  EXPECT_EQ(next->head.status, 303);
  EXPECT_EQ(next->header("Location"), "?page=2");
}

TEST_F(HeldRequestsTest, WhoWillBeSentAwayIsWaitedForBeforeTheEnd) {
  plan_.patience = 60s;
  onLoop([&] { requests_->apply(plan_); });
  enter(request());
  enter(request("Apache/2.4.57"));
  EXPECT_EQ(onLoop([&] { return requests_->expected(); }), 0U);
  hold();
  EXPECT_EQ(onLoop([&] { return requests_->expected(); }), 1U);
}

TEST_F(HeldRequestsTest, WhoComesLastGetsTheAnswer) {
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  const auto first = following(*front);
  const auto second = following(*front);
  takeForGood(first);
  take(second);
  EXPECT_EQ(first->head.status, 409);
  onLoop([&] { app.answer("yours"); });
  EXPECT_EQ(second->answer, "yours");
}

TEST_F(HeldRequestsTest, AnAnswerThatNobodyComesForIsGivenUp) {
  plan_.expires = 50ms;
  onLoop([&] { requests_->apply(plan_); });
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  EXPECT_EQ(onLoop([&] { return requests_->expected(); }), 1U) << "as long as it is held";
  hold(false);
  EXPECT_TRUE(thread_.waitUntil([&] { return app.clients_gone == 1; }));
  EXPECT_TRUE(log_.has("nobody has come for its answer"));
  EXPECT_EQ(onLoop([&] { return requests_->expected(); }), 0U);
}

TEST_F(HeldRequestsTest, BeforeTheEndTheAnswerIsWaitedForAMomentOnly) {
  plan_.last_wait = 50ms;
  onLoop([&] { requests_->apply(plan_); });
  const auto front = request();
  RecordingResponder& app = enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  hold(false);
  onLoop([&] {
    requests_->hurry();
    EXPECT_EQ(requests_->expected(), 1U);
  });
  EXPECT_TRUE(thread_.waitUntil([&] { return app.clients_gone == 1; }));
}

TEST_F(HeldRequestsTest, OthersThanMarkedOnesMayLeaveTheLane) {
  const auto front = request();
  RecordingResponder& plain = enter(front);
  RecordingResponder& marked = enter(request(), true);
  onLoop([&] {
    requests_->setHeld(true);
    EXPECT_TRUE(requests_->mayLeaveLane(*plain.request));
    EXPECT_FALSE(requests_->mayLeaveLane(*marked.request));
    requests_->leaveLane(*plain.request);
  });
  EXPECT_EQ(report().size(), 1U) << "it is not held any more";
  ASSERT_TRUE(thread_.waitUntil([&] { return requests_->expected() == 1; }));
  EXPECT_EQ(front->end, End::kNone) << "it is served elsewhere";
}

TEST_F(HeldRequestsTest, ABrowserGetsAPageBeforeItHasFollowedTooManyRedirects) {
  auto front = asBrowser(request());
  RecordingResponder& app = enter(front);
  hold();
  int redirects = 0;
  ASSERT_TRUE(isAnswered(front));
  while (front->head.status == 303) {
    ASSERT_LT(++redirects, 10);
    front = asBrowser(following(*front));
    take(front);
    ASSERT_TRUE(isAnswered(front));
  }
  EXPECT_EQ(front->head.status, 200);
  EXPECT_THAT(front->header("Refresh"), testing::MatchesRegex("0; url=\\?page=2&holdfast-held=.*"));
  EXPECT_THAT(front->answer, testing::HasSubstr("This request is held"));
  const auto next = asBrowser(request(
      "Caddy/v2.6.2", "/shop" + front->header("Refresh").substr(std::string("0; url=").size())));
  EXPECT_TRUE(takeForGood(next));
  onLoop([&] { app.answer("the page"); });
  EXPECT_EQ(next->answer, "the page");
}

TEST_F(HeldRequestsTest, ScriptsOfOtherOriginsMayFollow) {
  const auto front = request();
  front->params.add("HTTP_ORIGIN", "https://other.example");
  const auto broken = request();
  broken->params.add("HTTP_ORIGIN", "https://other.example\r\nX: y");
  enter(front);
  enter(broken);
  hold();
  ASSERT_TRUE(isAnswered(front));
  ASSERT_TRUE(isAnswered(broken));
  EXPECT_EQ(front->header("Access-Control-Allow-Origin"), "https://other.example");
  EXPECT_EQ(front->header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(broken->header("Access-Control-Allow-Origin"), "(none)");
}

TEST_F(HeldRequestsTest, TellsWhoIsKeptHow) {
  plan_.patience = 90s;
  onLoop([&] { requests_->apply(plan_); });
  enter(request("nginx/1.22.1", "/shop?secret=1", "POST"));
  hold();
  const auto reports = report();
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].id, "id-1");
  EXPECT_EQ(reports[0].method, "POST");
  EXPECT_EQ(reports[0].path, "/shop");
  EXPECT_EQ(reports[0].keeper, "hop");
  EXPECT_EQ(reports[0].front_end, "nginx");
  EXPECT_EQ(reports[0].limit, 90s);
  EXPECT_LE(*reports[0].left, 80s);
  EXPECT_GT(*reports[0].left, 60s);
  onLoop([&] { requests_->logHeld(); });
  EXPECT_TRUE(log_.has("is held; nginx waits 90 s, kept patient by hop"));
  EXPECT_FALSE(log_.has("secret"));
}

TEST_F(HeldRequestsTest, NoTokenIsLogged) {
  const auto front = request();
  enter(front);
  hold();
  ASSERT_TRUE(isAnswered(front));
  const auto token = heldParameterOf(front->header("Location").substr(1));
  ASSERT_TRUE(token && !token->token.empty());
  EXPECT_FALSE(log_.has(token->token));
  EXPECT_TRUE(log_.has("is sent a redirect (303)"));
}

}  // namespace
}  // namespace holdfast
