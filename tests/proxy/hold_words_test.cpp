#include "proxy/hold_words.h"

#include <gtest/gtest.h>

namespace holdfast::proxy {
namespace {

using namespace std::chrono_literals;

TEST(HoldWords, SayTheWholePlaceOrWhatIsKnownOfIt) {
  Hold hold;
  EXPECT_EQ(placeText(hold), "");
  hold.thread = "GET /x";
  EXPECT_EQ(placeText(hold), "(GET /x)");
  hold.function = "view";
  EXPECT_EQ(placeText(hold), "in view (GET /x)");
  hold.file = "/srv/site/views.py";
  hold.line = 42;
  EXPECT_EQ(placeText(hold), "/srv/site/views.py:42 in view (GET /x)");
}

TEST(HoldWords, SayWhoKeepsWhomPatientForHowLong) {
  HeldRequestReport request;
  request.keeper = "hop";
  request.front_end = "nginx";
  request.limit = 60s;
  request.left = 34'900ms;
  EXPECT_EQ(patienceText(request), "kept by hop, nginx waits 60 s, 34 s left");
  request.hand_offs = 1;
  EXPECT_EQ(patienceText(request), "kept by hop, nginx waits 60 s, 34 s left, handed on once");
  request.left.reset();
  request.limit = 1h;
  request.hand_offs = 3;
  EXPECT_EQ(patienceText(request), "kept by hop, nginx waits 1 h, handed on 3 times");
}

TEST(HoldWords, SayWhereNobodyIsInAHurry) {
  HeldRequestReport request;
  request.keeper = "wait";
  request.front_end = "Caddy";
  EXPECT_EQ(patienceText(request), "kept by wait, Caddy waits without a limit");
  request.front_end.clear();
  EXPECT_EQ(patienceText(request), "kept by wait, the web server waits without a limit");
}

TEST(HoldWords, SayWhatCannotBeKeptAndWhatIsOver) {
  HeldRequestReport request;
  request.keeper = "none";
  request.front_end = "IIS";
  request.limit = 25s;
  request.left = 500ms;
  EXPECT_EQ(patienceText(request),
            "nothing more keeps it, IIS waits 25 s, less than a second left");
  request.keeper = "handoff";
  request.is_answered = true;
  request.is_waited_for = false;
  request.left.reset();
  EXPECT_EQ(patienceText(request), "answered, kept by handoff, nobody waits for it just now");
}

}  // namespace
}  // namespace holdfast::proxy
