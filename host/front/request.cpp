#include "host/front/request.h"

#include <Poco/Net/HTTPResponse.h>

#include <array>
#include <atomic>
#include <cstring>
#include <random>

#include "host/log.h"

namespace holdfast {

namespace {

constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::size_t kMaxPathBytes = 1000;

std::string hex(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace

void Request::conclude(const FinishedSink& sink, RequestEnd end) const {
  if (!sink) return;
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto now = RequestTrail::Clock::now();
  const bool was_answered = trail.answered != RequestTrail::Clock::time_point{};
  const bool had_worker = trail.assigned != RequestTrail::Clock::time_point{};
  const auto answered = was_answered ? trail.answered : now;
  const auto assigned = had_worker ? trail.assigned : answered;
  FinishedRequest finished;
  finished.id = id;
  finished.method = params.get("REQUEST_METHOD");
  finished.uri = params.get("REQUEST_URI");
  finished.status = trail.status;
  finished.body_bytes = trail.body_bytes;
  finished.queued = duration_cast<microseconds>(assigned - trail.received);
  finished.in_app = duration_cast<microseconds>(answered - assigned);
  finished.sending = duration_cast<microseconds>(now - answered);
  finished.worker = trail.worker;
  finished.end = end;
  sink(finished);
}

void writeAll(Request& request, std::string_view text) {
  std::vector<std::byte> chunk;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), Request::kMaxChunkBytes);
    chunk.resize(Request::kHeadroomBytes + size);
    std::memcpy(chunk.data() + Request::kHeadroomBytes, text.data(), size);
    request.write(std::span(chunk).subspan(Request::kHeadroomBytes));
    request.flush();
    text.remove_prefix(size);
  }
}

std::string nextRequestId() {
  static const std::string host = hex(std::random_device{}(), 5) + '-';
  static std::atomic<std::uint64_t> counter{0};
  return host + hex(++counter, 6);
}

std::string describe(const Request& request) {
  const std::string_view uri = request.params.get("REQUEST_URI");
  const std::string_view path = uri.substr(0, uri.find('?'));
  std::string shown = log::printable(path.substr(0, kMaxPathBytes));
  if (path.size() > kMaxPathBytes) shown += "...";
  if (path.size() < uri.size()) shown += "?...";
  return "request " + request.id + " (" +
         log::printable(request.params.get("REQUEST_METHOD").substr(0, kMaxMethodBytes)) + ' ' +
         shown + ')';
}

std::string reasonFor(int status) {
  const std::string& reason = Poco::Net::HTTPResponse::getReasonForStatus(
      static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
  return reason == "???" ? "Unknown" : reason;
}

}  // namespace holdfast
