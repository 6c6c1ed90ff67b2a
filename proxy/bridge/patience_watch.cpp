#include "proxy/bridge/patience_watch.h"

#include <algorithm>
#include <exception>

#include "config/printable.h"
#include "proxy/hold_words.h"

namespace holdfast::proxy {
namespace {

using std::chrono::milliseconds;

/// A shorter hold, of a step for instance, is not worth a question.
constexpr std::chrono::seconds kFirst{1};
constexpr std::chrono::seconds kAgain{10};
constexpr std::size_t kPathBytes = 40;
constexpr std::size_t kNameBytes = 20;

std::string shown(const std::string& text, std::size_t limit) {
  const std::string whole = printable(text);
  return whole.size() <= limit ? whole : whole.substr(0, limit) + "...";
}

bool hasLessLeft(const HeldRequestReport& one, const HeldRequestReport& other) {
  return one.left && (!other.left || *one.left < *other.left);
}

}  // namespace

std::string waitingText(const std::vector<HeldRequestReport>& requests, milliseconds ago) {
  if (requests.empty()) return {};
  HeldRequestReport first = *std::min_element(requests.begin(), requests.end(), hasLessLeft);
  first.keeper = shown(first.keeper, kNameBytes);
  first.front_end = shown(first.front_end, kNameBytes);
  if (first.left) first.left = std::max(*first.left - ago, milliseconds(0));
  const std::string what = shown(first.method, kNameBytes) + ' ' + shown(first.path, kPathBytes) +
                           " (" + shown(first.id, kNameBytes) + ") ";
  const std::size_t more = requests.size() - 1;
  return what + patienceText(first) + (more == 0 ? "" : ", and " + std::to_string(more) + " more");
}

PatienceWatch::PatienceWatch(const SiteClient& client)
    : client_(client), thread_([this] { run(); }) {}

PatienceWatch::~PatienceWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wait_.stop();
  changed_.notify_all();
  thread_.join();
}

void PatienceWatch::begin() {
  const std::lock_guard lock(mutex_);
  ++hold_;
  requests_.clear();
  due_ = Clock::now() + kFirst;
  changed_.notify_all();
}

void PatienceWatch::end() {
  const std::lock_guard lock(mutex_);
  ++hold_;
  requests_.clear();
  due_.reset();
}

std::string PatienceWatch::text(Clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  return waitingText(requests_, std::chrono::duration_cast<milliseconds>(now - said_));
}

void PatienceWatch::run() {
  while (const auto hold = next()) {
    try {
      ask(*hold);
    } catch (const CalledOff&) {
      return;
    } catch (const std::exception&) {
      // Whatever is wrong shows elsewhere.
    }
  }
}

std::optional<std::uint64_t> PatienceWatch::next() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!due_) {
      changed_.wait(lock);
    } else if (const Clock::time_point now = Clock::now(); now < *due_) {
      const Clock::time_point due = *due_;
      changed_.wait_until(lock, due);
    } else {
      due_ = now + kAgain;
      return hold_;
    }
  }
  return std::nullopt;
}

void PatienceWatch::ask(std::uint64_t hold) {
  std::vector<HeldRequestReport> requests = client_.holds(wait_).requests;
  const std::lock_guard lock(mutex_);
  if (hold != hold_) return;  // the answer is of a hold that is over
  requests_ = std::move(requests);
  said_ = Clock::now();
}

}  // namespace holdfast::proxy
