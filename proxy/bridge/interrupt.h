/// \file interrupt.h
/// Ctrl-C, and what else asks a program in a terminal to end.
#pragma once

namespace holdfast::proxy {

class StoppableWait;

/// While it lives, the first such signal calls a wait off; the second ends the process at once, as
/// it would without us. At most one at a time.
class Interrupt {
 public:
  /// \param wait  outlives this
  explicit Interrupt(StoppableWait& wait);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
};

}  // namespace holdfast::proxy
