/// \file path_watch.h
/// Tells when single paths come to stand for something else (inotify on Linux).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "host/platform/event_loop.h"

namespace holdfast {

/// Of a file: that it was written, made, replaced, touched or removed; of a folder: that there is
/// another one, or none, at this path. Follows symbolic links, and notices when one on the way is
/// switched. Nothing on the way need be there yet. On the loop's thread.
class PathWatch {
 public:
  /// \param paths  absolute
  /// \param on_change  gets the index of the path; must not destroy the watch
  PathWatch(EventLoop& loop, std::vector<std::filesystem::path> paths,
            std::function<void(std::size_t)> on_change);
  ~PathWatch();
  PathWatch(const PathWatch&) = delete;
  PathWatch& operator=(const PathWatch&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
