#include "host/worker/output_capture.h"

#include <algorithm>
#include <utility>

namespace holdfast {

namespace {
constexpr std::size_t kMaxLineBytes = 8 * 1024;
constexpr std::size_t kKeptLines = 40;
constexpr std::size_t kKeptLineBytes = 500;
}  // namespace

OutputCapture::OutputCapture(EventLoop& loop, Socket pipe,
                             std::function<void(std::string_view)> on_line)
    : loop_(loop),
      pipe_(std::move(pipe)),
      on_line_(std::move(on_line)),
      watch_(std::make_unique<Watch>(loop, pipe_.handle(), true, false,
                                     [this](Readiness) { takeTurn(); })) {}

void OutputCapture::takeTurn() {
  const std::string kept = std::exchange(waiting_, {});
  waiting_ = take(kept.empty() ? readSome() : kept, kLinesPerTurn);
  const bool waits = !waiting_.empty();
  if (watch_) watch_->want(!waits, false);
  if (waits) next_turn_ = loop_.after(std::chrono::milliseconds(0), [this] { takeTurn(); });
}

void OutputCapture::drain() {
  std::string text = std::exchange(waiting_, {});
  while (watch_ && text.size() < kMaxDrainBytes) {
    const std::string_view more = readSome();
    if (more.empty()) break;
    text += more;
  }
  next_turn_.cancel();
  if (watch_) watch_->want(true, false);
  std::string_view last = text;
  auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (lines > kMaxDrainLines) {
    const std::size_t left_out = lines - kMaxDrainLines;
    for (; lines > kMaxDrainLines; --lines) last.remove_prefix(last.find('\n') + 1);
    partial_.clear();
    on_line_("... " + std::to_string(left_out) + " lines are left out here");
  }
  take(last, std::string::npos);
  if (!partial_.empty()) on_line_(std::exchange(partial_, {}));
}

void OutputCapture::finish() {
  drain();
  watch_.reset();
  pipe_.close();
}

std::string_view OutputCapture::readSome() {
  const std::span<std::byte> buffer = loop_.readBuffer();
  const IoResult result = pipe_.read(buffer);
  if (result.wouldBlock()) return {};
  if (!result.ok()) {
    watch_.reset();
    pipe_.close();
    return {};
  }
  return {reinterpret_cast<const char*>(buffer.data()), result.bytes};
}

std::string_view OutputCapture::take(std::string_view text, std::size_t max_lines) {
  for (std::size_t lines = 0; !text.empty() && lines < max_lines;) {
    const std::size_t end = text.find('\n');
    const std::size_t room = kMaxLineBytes - partial_.size();
    const std::size_t count = std::min({end, text.size(), room});
    partial_.append(text.substr(0, count));
    text.remove_prefix(count);
    const bool whole = !text.empty() && text.front() == '\n';
    if (whole) text.remove_prefix(1);
    if (!whole && partial_.size() < kMaxLineBytes) continue;
    ++lines;
    on_line_(std::exchange(partial_, {}));
  }
  return text;
}

void LastLines::add(std::string_view line) {
  lines_.emplace_back(line.substr(0, kKeptLineBytes));
  if (lines_.size() > kKeptLines) lines_.pop_front();
}

}  // namespace holdfast
