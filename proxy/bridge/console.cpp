#include "proxy/bridge/console.h"

#include "proxy/bridge/live_line.h"
#include "proxy/bridge/terminal.h"

namespace holdfast::proxy {

void Console::say(const std::string& text) {
  const std::lock_guard lock(mutex_);
  clear();
  out_ << text << '\n';
  draw();
}

void Console::show(const std::string& line, const std::string& plain) {
  const std::lock_guard lock(mutex_);
  if (live_) {
    if (line == line_) return;
    clear();
    line_ = line;
    draw();
  } else if (plain != plain_) {
    plain_ = plain;
    out_ << plain << '\n' << std::flush;
  }
}

void Console::end() {
  const std::lock_guard lock(mutex_);
  if (!line_.empty()) out_ << '\n' << std::flush;
  line_.clear();
}

void Console::clear() {
  if (!line_.empty()) out_ << "\r\x1B[K";
}

void Console::draw() {
  if (!line_.empty()) {
    // A line that wraps could not be rewritten.
    const std::size_t columns = terminalColumns();
    out_ << (columns > 1 ? cutToWidth(line_, columns - 1) : line_);
  }
  out_ << std::flush;
}

}  // namespace holdfast::proxy
