#include "host/platform/folder_poll.h"

#include <algorithm>
#include <utility>

#include "config/printable.h"
#include "host/log.h"

namespace holdfast {

using Clock = std::chrono::steady_clock;

FolderPoll::FolderPoll(EventLoop& loop, std::filesystem::path root,
                       const FolderWatch::Listener& listener, FolderWatch::Limits limits,
                       std::int64_t since)
    : loop_(loop),
      root_(std::move(root)),
      listener_(listener),
      limits_(limits),
      since_(since),
      walk_(root_,
            {[this](const std::string&) { return enter(); },
             [this](const std::string& path, bool, bool is_link) { found(path, is_link); }}) {
  begin();
}

void FolderPoll::begin() {
  now_.clear();
  folders_ = 0;
  spent_ = {};
  walk_.add("", false);
  timer_ = loop_.after(std::chrono::milliseconds(0), [this] { goOn(); });
}

void FolderPoll::goOn() {
  const Clock::time_point start = Clock::now();
  const bool done = walk_.run(start + kWalkSlice);
  spent_ += Clock::now() - start;
  if (!done) {
    timer_ = loop_.after(std::chrono::milliseconds(0), [this] { goOn(); });
    return;
  }
  compare();
  const auto pause = std::chrono::ceil<std::chrono::milliseconds>(19 * spent_);
  timer_ = loop_.after(std::max(limits_.look_again, pause), [this] { begin(); });
}

bool FolderPoll::enter() {
  if (++folders_ <= limits_.folders) return true;
  full(limits_.folders, "folders below " + printable(root_.string()));
  return false;
}

void FolderPoll::full(std::size_t limit, const std::string& what) {
  if (std::exchange(full_said_, true)) return;
  log::warning("there are more than " + std::to_string(limit) + ' ' + what +
               ": changes in the others are not noticed (move data out of app.root)");
}

void FolderPoll::found(const std::string& path, bool is_link) {
  if (now_.size() >= limits_.files) {
    full(limits_.files, "files of interest below " + printable(root_.string()));
    return;
  }
  const std::string full = (root_ / path).string();
  if (is_link) {
    const std::optional<FileStamp> target = stampOf(full, true);
    if (target && target->is_folder) {
      if (const auto link = stampOf(full, false)) now_[path + '/'] = *link;
      return;
    }
  }
  if (!listener_.matters(path)) return;
  if (const auto stamp = stampOf(full, false)) now_[path] = *stamp;
}

void FolderPoll::compare() {
  if (!std::exchange(complete_, true)) {
    for (const auto& [path, stamp] : now_) {
      if (changedSince(stamp, since_)) listener_.changed(path);
    }
  } else {
    for (const auto& [path, stamp] : now_) {
      const auto old = before_.find(path);
      if (old == before_.end() || !old->second.sameState(stamp)) listener_.changed(path);
    }
    for (const auto& [path, stamp] : before_) {
      if (!now_.contains(path)) listener_.changed(path);
    }
  }
  before_ = std::move(now_);
}

}  // namespace holdfast
