#include "host/worker/traceback.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace holdfast {

namespace {

constexpr std::size_t kMaxExceptionBytes = 300;
constexpr std::string_view kHeadline = "Traceback (most recent call last)";
constexpr std::string_view kFramePrefix = "  File \"";
constexpr std::string_view kLinePrefix = "\", line ";
constexpr std::string_view kFunctionPrefix = ", in ";

/// Takes the first line off `text`. \return it, without its line break
std::string_view takeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

/// An exception group has its lines behind a rule: `  | `, and `  + ` at its head.
std::string_view withoutRule(std::string_view line) {
  return line.starts_with("  | ") || line.starts_with("  + ") ? line.substr(4) : line;
}

std::optional<TracebackFrame> parseFrame(std::string_view line) {
  if (!line.starts_with(kFramePrefix)) return std::nullopt;
  line.remove_prefix(kFramePrefix.size());
  const std::size_t file_end = line.rfind(kLinePrefix);
  if (file_end == std::string_view::npos) return std::nullopt;
  TracebackFrame frame;
  frame.file = line.substr(0, file_end);
  frame.line = line.substr(file_end + kLinePrefix.size());
  if (const std::size_t at = frame.line.find(kFunctionPrefix); at != std::string_view::npos) {
    frame.function = frame.line.substr(at + kFunctionPrefix.size());
    frame.line = frame.line.substr(0, at);
  }
  return frame;
}

/// Takes the code below a frame's first line off `text`.
std::string_view takeCode(std::string_view& text) {
  const char* const start = text.data();
  while (text.starts_with("    ")) takeLine(text);
  std::string_view code(start, static_cast<std::size_t>(text.data() - start));
  while (code.ends_with('\n')) code.remove_suffix(1);
  return code;
}

/// Where interpreters and their packages live: .../lib/python3.11/..., .../site-packages/...,
/// PyPy's .../lib/pypy3.9/..., and `<frozen importlib._bootstrap>`.
bool isOwn(std::string_view file) {
  static constexpr std::string_view kForeign[] = {"/site-packages/", "/dist-packages/",
                                                  "/lib/python", "/lib/pypy", "/lib-python/"};
  return !file.starts_with('<') &&
         std::none_of(std::begin(kForeign), std::end(kForeign), [&](std::string_view part) {
           return file.find(part) != std::string_view::npos;
         });
}

}  // namespace

std::string exceptionOf(std::string_view traceback) {
  std::string_view found;
  bool any_frame = false;
  bool below_frame = false;
  while (!traceback.empty()) {
    const std::string_view line = withoutRule(takeLine(traceback));
    if (line.starts_with(kFramePrefix)) {
      any_frame = below_frame = true;
    } else if (!line.empty() && !line.starts_with(' ') && (below_frame || !any_frame)) {
      found = line;
      below_frame = false;
    }
  }
  return std::string(found.substr(0, kMaxExceptionBytes));
}

std::vector<TracebackFrame> ownFrames(std::string_view traceback) {
  std::vector<TracebackFrame> frames;
  bool next_exception = false;
  while (!traceback.empty()) {
    const std::string_view line = withoutRule(takeLine(traceback));
    if (line.starts_with(kHeadline)) next_exception = true;
    auto frame = parseFrame(line);
    if (!frame) continue;
    frame->code = takeCode(traceback);
    if (!isOwn(frame->file)) continue;
    if (std::exchange(next_exception, false)) frames.clear();
    frames.push_back(*frame);
  }
  std::reverse(frames.begin(), frames.end());
  return frames;
}

}  // namespace holdfast
