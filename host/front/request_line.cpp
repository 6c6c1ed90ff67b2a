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

std::string milliseconds(std::chrono::microseconds time) {
  const auto tenths = (time.count() + 50) / 100;
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " ms";
}

}  // namespace

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
