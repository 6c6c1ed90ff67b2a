/// \file output_capture.h
/// Standard output or error of a worker, line by line.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "host/platform/event_loop.h"

namespace holdfast {

/// Reads a pipe until its end. Belongs to the event loop's thread.
class OutputCapture {
 public:
  /// \param on_line  one line without its end; longer ones come in pieces
  OutputCapture(EventLoop& loop, Socket pipe, std::function<void(std::string_view)> on_line);

  /// Reads what is there now; what has no line end yet counts as a line.
  void drain();

 private:
  bool readSome();
  void take(std::string_view text);

  EventLoop& loop_;
  Socket pipe_;
  std::function<void(std::string_view)> on_line_;
  std::string partial_;
  std::unique_ptr<Watch> watch_;
};

/// The last lines of something, bounded in number and length.
class LastLines {
 public:
  void add(std::string_view line);
  const std::deque<std::string>& lines() const { return lines_; }

 private:
  std::deque<std::string> lines_;
};

}  // namespace holdfast
