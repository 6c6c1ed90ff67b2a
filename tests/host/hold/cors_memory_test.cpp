#include "host/hold/cors_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

AnswerHead allowing(const std::string& origin) {
  AnswerHead head;
  head.headers = {{"Content-Type", "text/plain"},
                  {"access-control-allow-origin", origin},
                  {"Access-Control-Allow-Credentials", "true"}};
  return head;
}

std::vector<AnswerHead::Header> known(const CorsMemory& memory, std::string_view origin) {
  AnswerHead head;
  memory.addTo(origin, head);
  return head.headers;
}

TEST(CorsMemory, RepeatsWhatTheAppHasToldThatOrigin) {
  CorsMemory memory;
  memory.note("https://a.example", allowing("https://a.example"));
  EXPECT_THAT(known(memory, "https://a.example"),
              ElementsAre(Pair("access-control-allow-origin", "https://a.example"),
                          Pair("Access-Control-Allow-Credentials", "true")));
  EXPECT_THAT(known(memory, "https://b.example"), IsEmpty());
  EXPECT_THAT(known(memory, ""), IsEmpty());
}

TEST(CorsMemory, TheLastAnswerCounts) {
  CorsMemory memory;
  memory.note("https://a.example", allowing("*"));
  memory.note("https://a.example", allowing("https://a.example"));
  EXPECT_EQ(known(memory, "https://a.example").front().second, "https://a.example");
}

TEST(CorsMemory, SaysNothingWhereTheAppSaidNothing) {
  CorsMemory memory;
  memory.note("https://a.example", AnswerHead{});
  memory.note("", allowing("*"));
  EXPECT_THAT(known(memory, "https://a.example"), IsEmpty());
  EXPECT_THAT(known(memory, ""), IsEmpty());
}

TEST(CorsMemory, IsBounded) {
  CorsMemory memory;
  for (int i = 0; i < 1000; ++i) {
    memory.note("https://" + std::to_string(i) + ".example", allowing("*"));
  }
  int kept = 0;
  for (int i = 0; i < 1000; ++i) {
    kept += !known(memory, "https://" + std::to_string(i) + ".example").empty();
  }
  EXPECT_LE(kept, 64);
  EXPECT_GT(kept, 0);
  EXPECT_FALSE(known(memory, "https://999.example").empty());
}

}  // namespace
}  // namespace holdfast
