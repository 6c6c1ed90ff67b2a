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

/// Reads a pipe until its end. Whoever writes faster than lines can be told waits: others get their
/// turn in between. Belongs to the event loop's thread.
class OutputCapture {
 public:
  /// \param on_line  one line without its end; longer ones come in pieces
  OutputCapture(EventLoop& loop, Socket pipe, std::function<void(std::string_view)> on_line);

  /// Tells what is there now, or its last lines if that is much: somebody may write without end.
  /// What has no line end yet counts as a line.
  void drain();
  /// drain(), and nothing more: whoever has outlived the worker has no reader any more.
  void finish();

  /// Told at one go, before others get their turn.
  static constexpr std::size_t kLinesPerTurn = 200;
  static constexpr std::size_t kMaxDrainBytes = 1024 * 1024;
  static constexpr std::size_t kMaxDrainLines = 5000;

 private:
  void takeTurn();
  std::string_view readSome();
  /// \return what is left of `text` after so many lines
  std::string_view take(std::string_view text, std::size_t max_lines);

  EventLoop& loop_;
  Socket pipe_;
  std::function<void(std::string_view)> on_line_;
  std::string partial_;
  std::string waiting_;  ///< read, and not yet told
  std::unique_ptr<Watch> watch_;
  Timer next_turn_;
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
