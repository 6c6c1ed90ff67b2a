#include "host/front/taking_pace.h"

#include <utility>

namespace holdfast {

void TakingPace::start(std::uint64_t sent, std::uint64_t unread) {
  sent_ = sent;
  unread_ = unread;
  is_ahead_ = false;
}

std::uint64_t TakingPace::taken(std::uint64_t sent, std::uint64_t unread) const {
  // More that is unread takes nothing off: of a UNIX socket it is what the kernel spends on it,
  // which for small pieces is many times their size.
  return sent - sent_ + (unread < unread_ ? unread_ - unread : 0);
}

bool TakingPace::suffices(std::uint64_t sent, std::uint64_t unread, std::uint64_t least) {
  const std::uint64_t bytes = taken(sent, unread);
  const bool was_ahead = is_ahead_;
  start(sent, unread);
  is_ahead_ = bytes / 2 >= least;
  return bytes >= least || was_ahead;
}

}  // namespace holdfast
