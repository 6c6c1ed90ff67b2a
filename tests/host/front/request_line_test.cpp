#include "host/front/request_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

FinishedRequest ordinary() {
  FinishedRequest request;
  request.id = "1a2b-000001";
  request.method = "GET";
  request.uri = "/shop?item=1";
  request.status = 200;
  request.body_bytes = 1234;
  request.queued = 140us;
  request.in_app = 12'350us;
  request.sending = 49us;
  request.worker = 4711;
  return request;
}

TEST(RequestLine, SaysItAll) {
  EXPECT_EQ(requestLine(ordinary()),
            "request 1a2b-000001: GET /shop?item=1: 200, 1234 bytes, queue 0.1 ms, app 12.4 ms, "
            "sending 0.0 ms, worker 4711, finished");
}

TEST(RequestLine, NamesWhatThereWasNot) {
  FinishedRequest request = ordinary();
  request.method = {};
  request.uri = {};
  request.status = 0;
  request.body_bytes = 0;
  request.queued = 61s;
  request.in_app = 0s;
  request.worker = 0;
  request.end = RequestEnd::kClientLeft;
  EXPECT_EQ(requestLine(request),
            "request 1a2b-000001: - -: no answer, 0 bytes, queue 61000.0 ms, app 0.0 ms, "
            "sending 0.0 ms, no worker, client left");
}

TEST(RequestLine, TellsACutAnswerFromAWholeOne) {
  FinishedRequest request = ordinary();
  request.end = RequestEnd::kCut;
  EXPECT_THAT(requestLine(request), HasSubstr("worker 4711, cut"));
}

TEST(RequestLine, StaysOneLineOfBoundedLengthWhateverTheClientSends) {
  const std::string uri = "/\r\nrequest 1: GET /forged\x1b[31m" + std::string(100'000, 'x');
  const std::string method(5000, 'M');
  FinishedRequest request = ordinary();
  request.uri = uri;
  request.method = method;
  const std::string line = requestLine(request);
  EXPECT_EQ(line.find_first_of("\r\n\x1b"), std::string::npos);
  EXPECT_THAT(line, HasSubstr("/\\x0d\\x0arequest 1: GET /forged\\x1b[31m"));
  EXPECT_THAT(line, HasSubstr("x...: 200, "));
  EXPECT_LT(line.size(), 1500U);
}

std::string asJson(const FinishedRequest& request) {
  const log::Fields fields = requestFields(request);
  log::Event event;
  event.text = "x";
  event.fields = &fields;
  return log::jsonLine(event);
}

TEST(RequestLine, HasTheSameAsFields) {
  EXPECT_THAT(asJson(ordinary()),
              HasSubstr(R"("request":"1a2b-000001","method":"GET","uri":"/shop?item=1",)"
                        R"("status":200,"bytes":1234,"queue_ms":0.1,"app_ms":12.4,)"
                        R"("sending_ms":0,"worker":4711,"end":"finished"})"));
}

TEST(RequestLine, HasNoFieldForWhatThereWasNot) {
  FinishedRequest request = ordinary();
  request.status = 0;
  request.worker = 0;
  EXPECT_THAT(asJson(request), Not(HasSubstr("status")));
  EXPECT_THAT(asJson(request), Not(HasSubstr("worker")));
}

}  // namespace
}  // namespace holdfast
