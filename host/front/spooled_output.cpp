#include "host/front/spooled_output.h"

#include <algorithm>
#include <string_view>

#include "host/front/request.h"

namespace holdfast {

namespace {

/// Taken from the spool at one go.
constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

bool SpooledOutput::put(std::span<const std::byte> bytes, bool borrowed) {
  if (!spool_.empty() || queue_.size() >= Request::kAnswerWindowBytes) return spool_.append(bytes);
  if (borrowed) {
    queue_.appendBorrowed(bytes);
  } else {
    queue_.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return true;
}

IoResult::Status SpooledOutput::flush(Socket& socket) {
  for (;;) {
    const std::size_t before = queue_.size();
    const IoResult::Status status = queue_.flush(socket);
    if (status != IoResult::Status::kOk) return status;
    sent_ += before - queue_.size();
    if (!queue_.empty() || spool_.empty()) return status;
    const auto piece = spool_.view().first(std::min(spool_.view().size(), kPieceBytes));
    queue_.append({reinterpret_cast<const char*>(piece.data()), piece.size()});
    spool_.take(piece.size());
  }
}

}  // namespace holdfast
