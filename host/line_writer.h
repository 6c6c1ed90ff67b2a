/// \file line_writer.h
/// Lines of a log that nobody ever waits for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace holdfast {

/// Writes a line, and waits if need be. \return false: it cannot be written
using LineSink = std::function<bool(std::string_view)>;

/// Makes a line in the log's format of what the log itself has to say.
using NoticeLine = std::function<std::string(LogLevel level, const std::string& text)>;

/// A thread of its own writes; whoever logs only queues. When the reader of
/// standard error stalls, or the disk is full, lines are dropped and counted
/// instead, and the count is written once there is room again. From any thread.
class LineWriter {
 public:
  LineWriter(LineSink sink, NoticeLine notice);
  /// Gives what is queued a moment to be written.
  ~LineWriter();

  /// \param line  with its end
  void write(std::string line);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);
  /// Shared with the thread, which may be stuck in a write when this one ends.
  std::shared_ptr<Shared> shared_;
};

}  // namespace holdfast
