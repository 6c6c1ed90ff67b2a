#include "host/front/output_queue.h"

namespace holdfast {

namespace {
/// Below this a copy costs less than another part of a gathered write.
constexpr std::size_t kWorthBorrowing = 2048;
}  // namespace

std::vector<std::byte>& OutputQueue::tail() { return owned_; }

void OutputQueue::append(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  owned_.insert(owned_.end(), data, data + bytes.size());
}

void OutputQueue::appendBorrowed(std::span<const std::byte> bytes) {
  if (bytes.size() < kWorthBorrowing) {
    owned_.insert(owned_.end(), bytes.begin(), bytes.end());
    return;
  }
  borrowed_.push_back({owned_.size(), bytes});
  borrowed_bytes_ += bytes.size();
}

IoResult::Status OutputQueue::flush(Socket& socket) {
  if (empty()) return IoResult::Status::kOk;
  parts_.clear();
  collectParts(parts_);
  const IoResult result = socket.write(parts_);
  if (!result.ok() && !result.wouldBlock()) return result.status;
  total_sent_ += result.bytes;
  keepRest(result.bytes);
  return IoResult::Status::kOk;
}

void OutputQueue::collectParts(std::vector<std::span<const std::byte>>& parts) const {
  std::size_t at = sent_;
  for (const Borrowed& part : borrowed_) {
    if (part.before > at) parts.push_back(std::span(owned_).subspan(at, part.before - at));
    parts.push_back(part.bytes);
    at = part.before;
  }
  if (owned_.size() > at) parts.push_back(std::span(owned_).subspan(at));
}

void OutputQueue::keepRest(std::size_t sent) {
  if (sent == size()) {
    owned_.clear();
    sent_ = 0;
  } else if (borrowed_.empty()) {
    sent_ += sent;
    // Do not let the sent front grow for ever on a stream that never quite drains.
    if (sent_ > owned_.size() / 2) {
      owned_.erase(owned_.begin(), owned_.begin() + static_cast<std::ptrdiff_t>(sent_));
      sent_ = 0;
    }
  } else {
    std::vector<std::byte> rest;
    rest.reserve(size() - sent);
    for (const auto& part : parts_) {
      const std::size_t skipped = std::min(sent, part.size());
      sent -= skipped;
      rest.insert(rest.end(), part.begin() + static_cast<std::ptrdiff_t>(skipped), part.end());
    }
    owned_ = std::move(rest);
    sent_ = 0;
  }
  borrowed_.clear();
  borrowed_bytes_ = 0;
}

}  // namespace holdfast
