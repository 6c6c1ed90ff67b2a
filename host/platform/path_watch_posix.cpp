#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "host/platform/file_stamp.h"
#include "host/platform/inotify_posix.h"
#include "host/platform/path_watch.h"

namespace holdfast {

namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kMask =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_MASK_ADD;
/// Links on the way of one path, as the kernel has it.
constexpr int kMaxLinks = 40;
/// Where a folder on the way cannot be watched, such as one that we may pass but not read.
constexpr std::chrono::milliseconds kLookAgain{2000};
/// Anybody may make and remove files in a folder such as /tmp, thousands a second.
constexpr std::chrono::milliseconds kRest{100};

}  // namespace

class PathWatch::Impl {
 public:
  Impl(EventLoop& loop, std::vector<fs::path> paths, std::function<void(std::size_t)> on_change)
      : loop_(loop), paths_(std::move(paths)), on_change_(std::move(on_change)) {
    try {
      inotify_.emplace(
          loop,
          [this](const inotify_event& event, const std::string& name) { onEvent(event, name); },
          [this] {
            if (std::exchange(touched_, false)) look();
          },
          kRest);
    } catch (const std::system_error&) {
      // Without a queue it is the timer that looks.
    }
    watchAll();
    for (const fs::path& path : paths_) stamps_.push_back(stampOf(path.string(), true));
  }

 private:
  /// The entries that matter in one watched folder, and for which paths.
  using Names = std::map<int, std::map<std::string, std::set<std::size_t>>>;

  void onEvent(const inotify_event& event, const std::string& name) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) touched_ = true;
    const auto names = names_.find(event.wd);
    if (names == names_.end()) return;
    const auto entry = names->second.find(name);
    if (entry != names->second.end()) {
      touched_ = true;
      // By now it may look like the one before: numbers of removed folders are used again.
      const bool is_another = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
      if (is_another) remade_.insert(entry->second.begin(), entry->second.end());
    }
    if ((event.mask & (IN_IGNORED | IN_UNMOUNT)) != 0) touched_ = true;
  }

  void look() {
    watchAll();
    const std::set<std::size_t> remade = std::exchange(remade_, {});
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const std::optional<FileStamp> now = stampOf(paths_[i].string(), true);
      std::optional<FileStamp>& before = stamps_[i];
      const bool same = now && before ? now->sameState(*before) : !now && !before;
      before = now;
      const bool is_another = now && now->is_folder && remade.contains(i);
      if (!same || is_another) on_change_(i);
    }
  }

  void watchAll() {
    Names names;
    bool complete = inotify_.has_value();
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      if (inotify_ && !watchWay(i, names)) complete = false;
    }
    for (const auto& [watch, unused] : names_) {
      if (!names.contains(watch)) inotify_->remove(watch);
    }
    names_ = std::move(names);
    timer_ = complete ? Timer() : loop_.after(kLookAgain, [this] { look(); });
  }

  /// Watches every folder in which an entry decides where a path leads to, as far as there is one.
  /// \return false: not all of them could be watched
  bool watchWay(std::size_t index, Names& names) {
    const fs::path& path = paths_[index];
    bool complete = true;
    int links = 0;
    fs::path folder = "/";
    std::deque<fs::path> steps(path.begin(), path.end());
    while (!steps.empty()) {
      const fs::path step = std::exchange(steps.front(), {});
      steps.pop_front();
      if (step.empty() || step == "." || step == "/") continue;
      if (step == "..") {
        folder = folder.parent_path();
        continue;
      }
      // The watch first: what changes after the look at the entry is told.
      const int watch = inotify_->add(folder.string(), kMask);
      if (watch >= 0) {
        names[watch][step.string()].insert(index);
      } else if (errno == ENOENT || errno == ENOTDIR) {
        return complete;
      } else {
        complete = false;
      }
      const fs::path entry = folder / step;
      std::error_code not_a_link;
      const fs::path target = fs::read_symlink(entry, not_a_link);
      if (not_a_link) {
        folder = entry;
      } else {
        if (++links > kMaxLinks) return complete;
        if (target.is_absolute()) folder = "/";
        steps.insert(steps.begin(), target.begin(), target.end());
      }
    }
    return complete;
  }

  EventLoop& loop_;
  std::vector<fs::path> paths_;
  std::function<void(std::size_t)> on_change_;
  std::optional<Inotify> inotify_;
  Names names_;
  std::vector<std::optional<FileStamp>> stamps_;
  bool touched_ = false;
  std::set<std::size_t> remade_;  ///< paths on whose way something was made since the last look
  Timer timer_;
};

PathWatch::PathWatch(EventLoop& loop, std::vector<fs::path> paths,
                     std::function<void(std::size_t)> on_change)
    : impl_(std::make_unique<Impl>(loop, std::move(paths), std::move(on_change))) {}

PathWatch::~PathWatch() = default;

}  // namespace holdfast
