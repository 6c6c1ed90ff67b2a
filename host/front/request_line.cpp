#include "host/front/request_line.h"

#include <string_view>

#include "host/log.h"

namespace holdfast {

namespace {

constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::size_t kMaxUriBytes = 1000;

std::string shown(std::string_view text, std::size_t limit) {
  if (text.empty()) return "-";
  std::string out = log::printable(text.substr(0, limit));
  return text.size() > limit ? out + "..." : out;
}

std::int64_t tenthsOf(std::chrono::microseconds time) { return (time.count() + 50) / 100; }

std::string milliseconds(std::chrono::microseconds time) {
  const std::int64_t tenths = tenthsOf(time);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " ms";
}

}  // namespace

log::Fields requestFields(const FinishedRequest& request) {
  log::Fields fields{{"request", request.id},
                     {"method", request.method.substr(0, kMaxMethodBytes)},
                     {"uri", request.uri.substr(0, kMaxUriBytes)}};
  if (request.status != 0) fields.emplace_back("status", request.status);
  fields.emplace_back("bytes", request.body_bytes);
  fields.emplace_back("queue_ms", static_cast<double>(tenthsOf(request.queued)) / 10);
  fields.emplace_back("app_ms", static_cast<double>(tenthsOf(request.in_app)) / 10);
  fields.emplace_back("sending_ms", static_cast<double>(tenthsOf(request.sending)) / 10);
  if (request.worker != 0) fields.emplace_back("worker", request.worker);
  fields.emplace_back("end", nameOf(request.end));
  return fields;
}

const char* nameOf(RequestEnd end) {
  switch (end) {
    case RequestEnd::kFinished:
      return "finished";
    case RequestEnd::kCut:
      return "cut";
    case RequestEnd::kClientLeft:
      break;
  }
  return "client left";
}

std::string requestLine(const FinishedRequest& request) {
  std::string line = "request ";
  line.append(request.id).append(": ");
  line.append(shown(request.method, kMaxMethodBytes)).append(" ");
  line.append(shown(request.uri, kMaxUriBytes)).append(": ");
  line.append(request.status == 0 ? "no answer" : std::to_string(request.status));
  line.append(", ").append(std::to_string(request.body_bytes)).append(" bytes");
  line.append(", queue ").append(milliseconds(request.queued));
  line.append(", app ").append(milliseconds(request.in_app));
  line.append(", sending ").append(milliseconds(request.sending));
  line.append(", ");
  line.append(request.worker == 0 ? "no worker" : "worker " + std::to_string(request.worker));
  return line.append(", ").append(nameOf(request.end));
}

}  // namespace holdfast
