#include "proxy/gate/audit.h"

#include <utility>

#include "config/printable.h"

namespace holdfast::proxy {

namespace {

constexpr std::chrono::seconds kInterval{10};
constexpr unsigned kLinesPerInterval = 20;
constexpr std::size_t kMaxNameBytes = 64;

std::string unit(long long count, const char* name) { return std::to_string(count) + ' ' + name; }

}  // namespace

std::string auditName(std::string_view client) {
  if (client.empty()) return "a client without an address";
  if (client == "@" || client.starts_with("unix:")) return "a client on a UNIX socket";
  return printable(client.substr(0, kMaxNameBytes));
}

std::string inWords(std::chrono::steady_clock::duration time) {
  const long long seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 1) return "less than a second";
  if (seconds < 60) return unit(seconds, "s");
  if (seconds < 3600) {
    const std::string minutes = unit(seconds / 60, "min");
    return seconds % 60 == 0 ? minutes : minutes + ' ' + unit(seconds % 60, "s");
  }
  const std::string hours = unit(seconds / 3600, "h");
  const long long minutes = seconds % 3600 / 60;
  return minutes == 0 ? hours : hours + ' ' + unit(minutes, "min");
}

void AuditThrottle::say(LogLevel level, const std::string& text, Clock::time_point now) {
  if (said_ == 0 || now - interval_begin_ >= kInterval) {
    interval_begin_ = now;
    said_ = 0;
  }
  if (said_ == kLinesPerInterval) {
    ++unsaid_;
    return;
  }
  ++said_;
  const unsigned long unsaid = std::exchange(unsaid_, 0);
  audit_(level, unsaid == 0
                    ? text
                    : text + " (" + std::to_string(unsaid) + " more attempts since the last line)");
}

}  // namespace holdfast::proxy
