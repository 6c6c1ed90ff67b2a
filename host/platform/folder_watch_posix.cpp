#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "config/printable.h"
#include "host/log.h"
#include "host/platform/file_stamp.h"
#include "host/platform/folder_poll.h"
#include "host/platform/folder_walk.h"
#include "host/platform/folder_watch.h"
#include "host/platform/inotify_posix.h"
#include "host/platform/path_watch.h"

namespace holdfast {

namespace fs = std::filesystem;

namespace {

// Not IN_MODIFY: a file counts when it is complete, and one that is kept open and written to, such
// as a log or a database, not at all.
constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                IN_MOVED_TO | IN_DELETE_SELF;

constexpr const char* kEverything = "/";

/// Emacs marks a file that is being edited by a link of such a name, that leads nowhere.
constexpr std::string_view kEditorsLink = ".#";

std::string_view nameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

class FolderWatch::Impl {
 public:
  Impl(EventLoop& loop, fs::path root, Listener listener, Limits limits)
      : loop_(loop),
        root_(std::move(root)),
        listener_{[matters = std::move(listener.matters)](const std::string& path) {
                    return !nameOf(path).starts_with(kEditorsLink) && matters(path);
                  },
                  std::move(listener.changed)},
        limits_(limits),
        walk_(makeWalk()),
        place_(loop, {root_}, [this](std::size_t) { rootReplaced(); }) {
    start();
  }

  bool complete() const { return poll_ ? poll_->complete() : !timer_; }
  std::size_t folders() const { return folders_.size(); }

 private:
  struct Folder {
    int watch = -1;
    bool has_what_matters = false;  ///< a file in it, now or before
  };

  FolderWalk makeWalk() {
    return {root_,
            {[this](const std::string& path) { return enter(path); },
             [this](const std::string& path, bool fresh, bool is_link) {
               found(path, fresh, is_link);
             }}};
  }

  void start() {
    folders_.clear();
    paths_.clear();
    walk_ = makeWalk();
    poll_.reset();
    since_ = stampClock();
    try {
      inotify_.emplace(
          loop_,
          [this](const inotify_event& event, const std::string& name) { onEvent(event, name); },
          [this] { afterEvents(); });
    } catch (const std::system_error& error) {
      lookAgainAndAgain(error.code().value() == EMFILE
                            ? "the limit fs.inotify.max_user_instances (or of open files) is "
                              "reached"
                            : error.code().message(),
                        "raise it with sysctl");
      return;
    }
    walk_.add("", false);
    // The first slice at once: of most sites it is all.
    walkOn();
  }

  void rootReplaced() {
    start();
    // Where it is gone, the removal of its files was told, and there is nothing to reload from.
    if (stampOf(root_.string(), true)) listener_.changed(kEverything);
  }

  void scheduleWalk() {
    timer_ = loop_.after(std::chrono::milliseconds(0), [this] { walkOn(); });
  }

  void walkOn() {
    const bool done = walk_.run(std::chrono::steady_clock::now() + kWalkSlice);
    if (no_watch_left_) {
      no_watch_left_ = false;
      lookAgainAndAgain("the limit fs.inotify.max_user_watches is reached",
                        "raise it, for instance with sysctl fs.inotify.max_user_watches=524288");
    } else if (done) {
      timer_ = Timer();
    } else {
      scheduleWalk();
    }
  }

  void lookAgainAndAgain(const std::string& cause, const std::string& remedy) {
    timer_ = Timer();
    folders_.clear();
    paths_.clear();
    inotify_.reset();
    walk_ = makeWalk();
    if (!std::exchange(poll_said_, true)) {
      log::warning("the folders below " + printable(root_.string()) +
                   " cannot be watched: " + cause + "; they are looked through every " +
                   std::to_string(limits_.look_again.count() / 1000) +
                   " seconds or more instead, so that a reload comes later (" + remedy +
                   ", then restart the host)");
    }
    poll_.emplace(loop_, root_, listener_, limits_, since_);
  }

  /// Puts a folder under watch before it is listed, so that nothing falls between the two.
  bool enter(const std::string& path) {
    if (no_watch_left_) return false;
    if (folders_.size() >= limits_.folders) {
      if (!std::exchange(full_said_, true)) {
        log::warning("there are more than " + std::to_string(limits_.folders) + " folders below " +
                     printable(root_.string()) + ": changes in the others, such as " +
                     printable(path) + ", are not noticed (move data out of app.root)");
      }
      return false;
    }
    if (folders_.size() >= limits_.system_watches) {
      no_watch_left_ = true;
      return false;
    }
    const int watch = inotify_->add((root_ / path).string(), kMask);
    if (watch < 0) {
      if (errno == ENOSPC || errno == ENOMEM) {
        no_watch_left_ = true;
      } else if (errno != ENOENT && errno != ENOTDIR) {
        sayUnwatched(path, std::generic_category().message(errno));
      }
      return false;
    }
    const auto known = paths_.find(watch);
    if (known != paths_.end()) {
      // Watched since it was listed: both its parent's listing and an event told of it.
      if (known->second == path) return false;
      // It was moved, of which we shall read in a moment.
      folders_.erase(known->second);
    }
    paths_[watch] = path;
    folders_[path].watch = watch;
    return true;
  }

  void sayUnwatched(const std::string& path, const std::string& cause) {
    const std::string text =
        "changes in " + printable((root_ / path).string()) + " are not noticed: " + cause;
    // Of the root it is worth more than a line that nobody sees; below it, the workers' own users
    // and others have folders that are none of our business.
    path.empty() ? log::warning(text) : log::debug(text);
  }

  void found(const std::string& path, bool fresh, bool is_link) {
    if (is_link && leadsToFolder(path)) {
      if (fresh || isNew(path)) listener_.changed(path + '/');
      return;
    }
    if (!matters(path)) return;
    if (fresh || isNew(path)) listener_.changed(path);
  }

  bool isNew(const std::string& path) {
    const auto stamp = stampOf((root_ / path).string(), false);
    return stamp && changedSince(*stamp, since_);
  }

  bool leadsToFolder(const std::string& path) {
    const auto target = stampOf((root_ / path).string(), true);
    return target && target->is_folder && !FolderWalk::leavesOut(std::string(nameOf(path)));
  }

  /// Whether the file is of interest, which its folder keeps in mind.
  bool matters(const std::string& path) {
    if (!listener_.matters(path)) return false;
    const std::size_t slash = path.rfind('/');
    const auto folder = folders_.find(slash == std::string::npos ? "" : path.substr(0, slash));
    if (folder != folders_.end()) folder->second.has_what_matters = true;
    return true;
  }

  void onEvent(const inotify_event& event, const std::string& name) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      restart_ = true;
      return;
    }
    const auto known = paths_.find(event.wd);
    if (known == paths_.end()) return;
    const std::string folder = known->second;
    if ((event.mask & (IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) {
      if (folder.empty()) restart_ = true;
      paths_.erase(known);
      const auto entry = folders_.find(folder);
      if (entry != folders_.end() && entry->second.watch == event.wd) folders_.erase(entry);
    } else if (!name.empty()) {
      const std::string path = pathBelow(folder, name);
      if ((event.mask & IN_ISDIR) != 0) {
        folderEvent(event.mask, path, name);
      } else {
        fileEvent(event.mask, path);
      }
    }
  }

  void afterEvents() {
    if (std::exchange(restart_, false)) rootReplaced();
  }

  void folderEvent(std::uint32_t mask, const std::string& path, const std::string& name) {
    if (FolderWalk::leavesOut(name)) return;
    if ((mask & (IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE)) != 0) forget(path);
    const bool made = (mask & (IN_CREATE | IN_MOVED_TO)) != 0;
    // A folder that could not be read may be readable now.
    const bool allowed = (mask & IN_ATTRIB) != 0 && !folders_.contains(path);
    if (made || allowed) {
      walk_.add(path, made);
      scheduleWalk();
    }
  }

  /// The folder is not there any more, at least not at this path.
  void forget(const std::string& path) {
    bool mattered = false;
    const auto drop = [&](auto first, auto last) {
      for (auto folder = first; folder != last; ++folder) {
        mattered = mattered || folder->second.has_what_matters;
        paths_.erase(folder->second.watch);
        inotify_->remove(folder->second.watch);
      }
      folders_.erase(first, last);
    };
    const auto itself = folders_.find(path);
    if (itself != folders_.end()) drop(itself, std::next(itself));
    // '0' is what follows '/'.
    drop(folders_.lower_bound(path + '/'), folders_.lower_bound(path + '0'));
    if (mattered) listener_.changed(path + '/');
  }

  void fileEvent(std::uint32_t mask, const std::string& path) {
    if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)) == 0 &&
        !counts(mask, path)) {
      return;
    }
    if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) {
      const auto stamp = stampOf((root_ / path).string(), false);
      if (stamp && stamp->is_link && leadsToFolder(path)) {
        listener_.changed(path + '/');
        return;
      }
    }
    if (!matters(path)) return;
    listener_.changed(path);
  }

  /// Of events that need a closer look.
  bool counts(std::uint32_t mask, const std::string& path) {
    const auto stamp = stampOf((root_ / path).string(), false);
    if (!stamp) return false;
    // A new file counts when it has been written; a link is complete at once.
    if ((mask & IN_CREATE) != 0) return stamp->is_link || stamp->links > 1;
    // Touched, rather than chmod or a backup that puts back the time of access.
    return stamp->modified == stamp->changed;
  }

  EventLoop& loop_;
  const fs::path root_;
  const Listener listener_;
  const Limits limits_;
  std::optional<Inotify> inotify_;
  std::map<std::string, Folder> folders_;       ///< by path, so that all below one stand together
  std::unordered_map<int, std::string> paths_;  ///< by watch
  FolderWalk walk_;
  std::int64_t since_ = 0;      ///< when the watch began
  bool no_watch_left_ = false;  ///< the system gives no more
  bool restart_ = false;        ///< events were lost, or the root is another one
  bool full_said_ = false;
  bool poll_said_ = false;
  Timer timer_;  ///< set while the walk goes on
  std::optional<FolderPoll> poll_;
  PathWatch place_;
};

FolderWatch::FolderWatch(EventLoop& loop, fs::path root, Listener listener)
    : FolderWatch(loop, std::move(root), std::move(listener), Limits{}) {}

FolderWatch::FolderWatch(EventLoop& loop, fs::path root, Listener listener, Limits limits)
    : impl_(std::make_unique<Impl>(loop, std::move(root), std::move(listener), limits)) {}

FolderWatch::~FolderWatch() = default;

bool FolderWatch::complete() const { return impl_->complete(); }
std::size_t FolderWatch::folders() const { return impl_->folders(); }

}  // namespace holdfast
