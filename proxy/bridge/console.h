/// \file console.h
/// What the bridge prints: lines that stay, and below them one that says how it stands.
#pragma once

#include <mutex>
#include <ostream>
#include <string>

namespace holdfast::proxy {

/// May be used by several threads.
class Console {
 public:
  /// \param out  outlives the console
  /// \param live  it is a terminal whose last line can be rewritten
  Console(std::ostream& out, bool live) : out_(out), live_(live) {}
  ~Console() { end(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  bool isLive() const { return live_; }
  /// One line or several, printable.
  void say(const std::string& text);
  /// \param line  for a terminal
  /// \param plain  what is printed elsewhere, where it is another than the last one
  void show(const std::string& line, const std::string& plain);
  /// Leaves the last line as it is.
  void end();

 private:
  void clear();
  void draw();

  std::ostream& out_;
  const bool live_;
  std::mutex mutex_;   // guards what follows, and out_
  std::string line_;   ///< that stands at the bottom; empty: none
  std::string plain_;  ///< that was printed last
};

}  // namespace holdfast::proxy
