#include "host/site/error_page_content.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

#include <algorithm>

#include "host/front/request.h"
#include "host/site/page_text.h"

namespace holdfast {

namespace {

constexpr std::size_t kMaxShownDetail = 200 * 1024;
constexpr std::size_t kMaxShownRequest = 500;
constexpr std::size_t kMaxOwnFrames = 10;

std::string cutTo(std::string_view text, std::size_t bytes, const char* ending) {
  const std::string_view front = frontOf(text, bytes);
  return std::string(front) + (front.size() < text.size() ? ending : "");
}

std::string utc(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  return Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(seconds),
                                         "%Y-%m-%d %H:%M:%S UTC");
}

std::vector<TracebackFrame> framesToShow(const std::vector<FailurePart>& parts) {
  std::vector<TracebackFrame> found;
  for (const FailurePart& part : parts) {
    if (part.kind != FailurePart::Kind::kTraceback) continue;
    if (auto frames = ownFrames(part.text); !frames.empty()) found = std::move(frames);
  }
  if (found.size() > kMaxOwnFrames) found.resize(kMaxOwnFrames);
  return found;
}

/// What an app wrote last often tells more than its traceback; a traceback is for a second look
/// where its frames in the app are shown.
bool isOpen(const FailurePart& part, bool alone) {
  switch (part.kind) {
    case FailurePart::Kind::kTraceback:
      return ownFrames(part.text).empty();
    case FailurePart::Kind::kOutput:
      return true;
    case FailurePart::Kind::kFacts:
      break;
  }
  return alone;
}

std::vector<ErrorPageContent::Section> sectionsOf(const std::vector<FailurePart>& parts) {
  std::vector<ErrorPageContent::Section> sections;
  std::size_t room = kMaxShownDetail;
  for (const FailurePart& part : parts) {
    FailurePart shown = part;
    if (shown.title.empty()) shown.title = "The whole traceback";
    shown.text = cutTo(part.text, room, "\n... The rest is in the log.\n");
    room -= std::min(room, part.text.size());
    sections.push_back({std::move(shown), isOpen(part, parts.size() == 1)});
  }
  // How the worker was started is looked at last.
  std::stable_partition(sections.begin(), sections.end(), [](const auto& section) {
    return section.part.kind != FailurePart::Kind::kFacts;
  });
  return sections;
}

}  // namespace

ErrorPageContent contentOf(const Failure& failure, const FailedRequest& request, bool show_detail) {
  ErrorPageContent content;
  content.status = std::to_string(failure.status) + ' ' + reasonFor(failure.status);
  content.title = failure.title;
  content.cause = failure.cause;
  content.advice = failure.advice;
  content.remedy = failure.remedy;
  content.request_id = request.id;
  content.request = cutTo(request.method + ' ' + request.path, kMaxShownRequest, "...");
  content.time = utc(request.when);
  if (!show_detail) return content;
  content.exact = failure.exact;
  content.own_frames = framesToShow(failure.parts);
  content.sections = sectionsOf(failure.parts);
  return content;
}

}  // namespace holdfast
