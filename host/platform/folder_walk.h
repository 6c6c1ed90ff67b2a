/// \file folder_walk.h
/// Looks through folders a slice at a time, so that the thread has time for other things.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <string>

namespace holdfast {

/// Shallow folders come first. Symbolic links are not followed. Paths are relative to the root,
/// with slashes; "" is the root.
class FolderWalk {
 public:
  struct Visitor {
    /// Before the folder is listed. \return false: leave it out, with all below it
    std::function<bool(const std::string& path)> enter;
    /// \param fresh  as given to add()
    /// \param is_link  a symbolic link, to whatever
    std::function<void(const std::string& path, bool fresh, bool is_link)> file;
  };

  FolderWalk(std::filesystem::path root, Visitor visitor)
      : root_(std::move(root)), visitor_(std::move(visitor)) {}

  /// \param fresh  handed on to the visitor for all that is found below
  void add(std::string path, bool fresh) { pending_.push_back({std::move(path), fresh}); }

  /// Goes on until `end`, or until all is seen. \return whether all is seen
  bool run(std::chrono::steady_clock::time_point end);

  /// Folders that hold no code of the site but are big, or that the workers themselves write to.
  static bool leavesOut(const std::string& name);

 private:
  struct Folder {
    std::string path;
    bool fresh = false;
  };
  void visit(const std::filesystem::directory_entry& entry);
  bool nextFolder();

  std::filesystem::path root_;
  Visitor visitor_;
  std::deque<Folder> pending_;
  Folder current_;
  std::filesystem::directory_iterator entries_;  ///< of current_
};

/// `folder` and `name` put together; a folder "" adds nothing.
std::string pathBelow(const std::string& folder, const std::string& name);

}  // namespace holdfast
