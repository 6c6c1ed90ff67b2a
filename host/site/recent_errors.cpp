#include "host/site/recent_errors.h"

#include "host/site/shown_text.h"

namespace holdfast {

namespace {
constexpr std::size_t kNameBytes = 64;
constexpr std::size_t kPathBytes = 300;
constexpr std::size_t kTextBytes = 600;
}  // namespace

void RecentErrors::add(const Failure& failure, const RequestNames& request, std::string_view cause,
                       std::chrono::system_clock::time_point now) {
  RecentError error{now,
                    shownText(request.id, kNameBytes),
                    shownText(request.method, kNameBytes),
                    shownText(pathOf(request.uri), kPathBytes),
                    failure.status,
                    shownText(failure.title, kTextBytes),
                    shownText(cause, kTextBytes),
                    1};
  // A site whose app does not start would show nothing else.
  const RecentError* last = errors_.empty() ? nullptr : &errors_.front();
  if (last != nullptr && last->title == error.title && last->cause == error.cause &&
      last->path == error.path && last->method == error.method) {
    error.times = last->times + 1;
    errors_.pop_front();
  }
  errors_.push_front(std::move(error));
  if (errors_.size() > kMost) errors_.pop_back();
}

}  // namespace holdfast
