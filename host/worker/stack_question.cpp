#include "host/worker/stack_question.h"

#include <utility>

namespace holdfast {

namespace {

using namespace std::chrono_literals;

/// For an answer, either way.
constexpr auto kPatience = 1s;
constexpr std::size_t kMaxLines = 5000;
constexpr std::size_t kMaxLineBytes = 1000;
constexpr std::size_t kMaxLastWordsBytes = 256 * 1024;
constexpr std::size_t kMaxToldBytes = 1024 * 1024;

}  // namespace

StackQuestion::StackQuestion(EventLoop& loop, Socket pipe, Ways ways, OnAnswer on_answer)
    : loop_(loop),
      ways_(std::move(ways)),
      on_answer_(std::move(on_answer)),
      pipe_(loop, std::move(pipe), [this](std::string_view line) {
        if (lines_.size() < kMaxLines) lines_.emplace_back(line.substr(0, kMaxLineBytes));
      }) {}

void StackQuestion::begin(const std::string& title, SlotRequests requests) {
  open_ = true;
  title_ = title;
  requests_ = std::move(requests);
  told_.clear();
  lines_.clear();
}

void StackQuestion::ask(const std::string& title, SlotRequests requests) {
  if (open_) return;
  begin(title, std::move(requests));
  ways_.ask_threads();
  patience_ = loop_.after(kPatience, [this] {
    title_ += " (C code may be keeping the interpreter's lock)";
    turnToInterpreter();
  });
}

void StackQuestion::askInterpreter(const std::string& title) {
  if (open_) return;
  begin(title, {});
  turnToInterpreter();
}

void StackQuestion::turnToInterpreter() {
  ways_.ask_interpreter();
  patience_ = loop_.after(kPatience, [this] {
    pipe_.drain();
    close(describeRawStacks(lines_, slot_threads_, requests_));
  });
}

void StackQuestion::forget() {
  open_ = false;
  patience_.cancel();
}

void StackQuestion::onPart(std::string_view content) {
  if (open_ && told_.size() < kMaxToldBytes) told_ += describeStacks(content, requests_);
}

void StackQuestion::onAnswer(std::string_view content) {
  if (!open_) return;
  onPart(content);
  close(told_);
}

void StackQuestion::close(const std::string& text) {
  forget();
  lines_.clear();
  on_answer_(title_, text);
}

std::string StackQuestion::lastWords(const SlotRequests& requests) {
  pipe_.finish();
  return describeRawStacks(std::exchange(lines_, {}), slot_threads_, requests)
      .substr(0, kMaxLastWordsBytes);
}

}  // namespace holdfast
