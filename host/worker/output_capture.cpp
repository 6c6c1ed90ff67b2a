#include "host/worker/output_capture.h"

namespace holdfast {

namespace {
constexpr std::size_t kMaxLineBytes = 8 * 1024;
constexpr std::size_t kKeptLines = 40;
/// Each takes all that is there; somebody who outlived the worker may write without end.
constexpr int kMaxDrainReads = 64;
constexpr std::size_t kKeptLineBytes = 500;
}  // namespace

OutputCapture::OutputCapture(EventLoop& loop, Socket pipe,
                             std::function<void(std::string_view)> on_line)
    : loop_(loop),
      pipe_(std::move(pipe)),
      on_line_(std::move(on_line)),
      watch_(std::make_unique<Watch>(loop, pipe_.handle(), true, false,
                                     [this](Readiness) { readSome(); })) {}

void OutputCapture::drain() {
  for (int reads = 0; reads < kMaxDrainReads && watch_ && readSome(); ++reads) {
  }
  if (!partial_.empty()) on_line_(std::exchange(partial_, {}));
}

bool OutputCapture::readSome() {
  const std::span<std::byte> buffer = loop_.readBuffer();
  const IoResult result = pipe_.read(buffer);
  if (result.wouldBlock()) return false;
  if (!result.ok()) {
    watch_.reset();
    pipe_.close();
    return false;
  }
  take({reinterpret_cast<const char*>(buffer.data()), result.bytes});
  return true;
}

void OutputCapture::take(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t room = kMaxLineBytes - partial_.size();
    const std::size_t count = std::min({end, text.size(), room});
    partial_.append(text.substr(0, count));
    text.remove_prefix(count);
    const bool whole = !text.empty() && text.front() == '\n';
    if (whole) text.remove_prefix(1);
    if (whole || partial_.size() == kMaxLineBytes) on_line_(std::exchange(partial_, {}));
  }
}

void LastLines::add(std::string_view line) {
  lines_.emplace_back(line.substr(0, kKeptLineBytes));
  if (lines_.size() > kKeptLines) lines_.pop_front();
}

}  // namespace holdfast
