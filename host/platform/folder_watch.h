/// \file folder_watch.h
/// Tells what changes below a folder (inotify on Linux).
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "host/platform/event_loop.h"

namespace holdfast {

/// Watches a folder and all below it, also folders that are made, moved in or renamed later. The
/// folder itself may be missing, be removed and made again, or be reached by a symbolic link that
/// is switched to another one. Symbolic links below it are not followed; that one which leads to a
/// folder is made or switched is told. Some folders are left out (FolderWalk::leavesOut()).
///
/// Where the system does not let us watch that many folders, it is looked through again and again.
/// On the loop's thread.
class FolderWatch {
 public:
  struct Listener {
    /// Whether a file is of interest; its path is relative to the folder, with slashes, raw bytes.
    /// Must always say the same of the same path.
    std::function<bool(const std::string& path)> matters;
    /// A file that matters was written, made, moved, touched or removed. With a slash at its end: a
    /// folder below which that may be so; "/": the watched folder itself. Must not destroy the
    /// watch.
    std::function<void(const std::string& path)> changed;
  };

  struct Limits {
    std::size_t folders = 100'000;  ///< that are watched; those deepest down are left out
    std::size_t files = 200'000;    ///< that are compared where folders cannot be watched
    /// Of the system, for tests: as if it let us have no more watches than that.
    std::size_t system_watches = static_cast<std::size_t>(-1);
    std::chrono::milliseconds look_again{5000};  ///< where folders cannot be watched; at least
  };

  /// \param root  absolute. Where much is below it, the last of it is watched a little later, but
  ///   what changes before that is told, too. The listener may be called at once.
  FolderWatch(EventLoop& loop, std::filesystem::path root, Listener listener);
  FolderWatch(EventLoop& loop, std::filesystem::path root, Listener listener, Limits limits);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// All folders are watched; for tests.
  bool complete() const;
  /// Folders that are watched; for tests.
  std::size_t folders() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
