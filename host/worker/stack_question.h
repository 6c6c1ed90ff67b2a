/// \file stack_question.h
/// Asks a worker what its threads are doing: the worker's control thread first, and if that does
/// not answer in time, because C code keeps the interpreter's lock, the interpreter itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/worker/output_capture.h"
#include "host/worker/thread_stacks.h"

namespace holdfast {

/// One at a time. Belongs to the event loop's thread.
class StackQuestion {
 public:
  struct Ways {
    std::function<void()> ask_threads;      ///< answered by onPart() and onAnswer(), if at all
    std::function<void()> ask_interpreter;  ///< answered by lines in the pipe, if at all
  };
  /// \param title  as given to ask() or askInterpreter(), perhaps with a remark
  /// \param text  lines, or empty: the worker does not react to anything
  using OnAnswer = std::function<void(const std::string& title, const std::string& text)>;

  /// \param pipe  what the interpreter writes its stacks to, also when it dies by a signal
  StackQuestion(EventLoop& loop, Socket pipe, Ways ways, OnAnswer on_answer);

  /// Does nothing while an earlier one is open.
  void ask(const std::string& title, SlotRequests requests);
  /// As ask(), of a worker that has no control thread yet.
  void askInterpreter(const std::string& title);
  bool isOpen() const { return open_; }
  /// The answer is of no interest any more.
  void forget();

  /// \param content  as describeStacks() has it, whole triples
  void onPart(std::string_view content);
  void onAnswer(std::string_view content);
  /// \param threads  identifiers of the slots' threads, in the order of the slots
  void setSlotThreads(std::vector<std::uint64_t> threads) { slot_threads_ = std::move(threads); }
  void setSlotThread(std::size_t slot, std::uint64_t thread) {
    if (slot < slot_threads_.size()) slot_threads_[slot] = thread;
  }

  /// What the interpreter wrote about its own death, as describeRawStacks() has it, or empty.
  std::string lastWords(const SlotRequests& requests);

 private:
  void begin(const std::string& title, SlotRequests requests);
  void turnToInterpreter();
  void close(const std::string& text);

  EventLoop& loop_;
  const Ways ways_;
  const OnAnswer on_answer_;
  OutputCapture pipe_;
  bool open_ = false;
  std::string title_;
  SlotRequests requests_;  ///< at the moment of the question
  std::string told_;       ///< by the control thread so far
  std::vector<std::string> lines_;
  std::vector<std::uint64_t> slot_threads_;
  Timer patience_;
};

}  // namespace holdfast
