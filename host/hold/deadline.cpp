#include "host/hold/deadline.h"

#include <algorithm>
#include <cassert>

namespace holdfast {

void Deadline::startedAt(TimePoint beginning, Duration limit) {
  end_ = beginning + limit;
  if (isPaused()) left_ = end_ - now_();
}

void Deadline::pause() {
  if (pauses_++ == 0) left_ = end_ - now_();
}

void Deadline::resume(Duration least) {
  assert(isPaused());
  left_ = std::max(left_, least);
  if (--pauses_ > 0) return;
  const TimePoint now = now_();
  end_ = left_ > TimePoint::max() - now ? TimePoint::max() : now + left_;
}

Deadline::Duration Deadline::left() const { return isPaused() ? left_ : end_ - now_(); }

}  // namespace holdfast
