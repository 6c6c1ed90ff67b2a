#include "host/hold/cors_memory.h"

#include <Poco/String.h>

namespace holdfast {

namespace {

constexpr std::string_view kPrefix = "access-control-";
constexpr std::size_t kMaxOriginBytes = 512;

}  // namespace

void CorsMemory::note(std::string_view origin, const AnswerHead& head) {
  if (origin.empty() || origin.size() > kMaxOriginBytes) return;
  std::vector<AnswerHead::Header> headers;
  for (const auto& header : head.headers) {
    if (Poco::toLower(header.first).starts_with(kPrefix)) headers.push_back(header);
  }
  if (headers.empty()) return;
  if (known_.size() >= kMaxOrigins && !known_.contains(origin)) known_.clear();
  known_.insert_or_assign(std::string(origin), std::move(headers));
}

void CorsMemory::addTo(std::string_view origin, AnswerHead& head) const {
  const auto found = known_.find(origin);
  if (origin.empty() || found == known_.end()) return;
  head.headers.insert(head.headers.end(), found->second.begin(), found->second.end());
}

}  // namespace holdfast
