#include "host/platform/folder_walk.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace holdfast {

namespace fs = std::filesystem;

namespace {

// Virtual environments are not among them: `pip install` changes what the workers run, and under
// wfastcgi it replaced them.
constexpr std::string_view kLeftOut[] = {
    // Written by the workers themselves whenever they import something.
    "__pycache__",
    // The history, not the files in use, which a checkout writes beside it.
    ".git",
    ".hg",
    ".svn",
    // Big, and nothing that a worker imports.
    "node_modules",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
};

/// Looking at the clock costs more than looking at an entry.
constexpr int kEntriesPerLook = 32;

}  // namespace

bool FolderWalk::leavesOut(const std::string& name) {
  return std::ranges::find(kLeftOut, name) != std::end(kLeftOut);
}

std::string pathBelow(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + '/' + name;
}

bool FolderWalk::run(std::chrono::steady_clock::time_point end) {
  for (int seen = 1;; ++seen) {
    if (entries_ == fs::directory_iterator()) {
      if (!nextFolder()) return true;
    } else {
      visit(*entries_);
      std::error_code gone;
      // An error makes it the end iterator: the folder is gone, which the next look finds out.
      entries_.increment(gone);
    }
    if (seen % kEntriesPerLook == 0 && std::chrono::steady_clock::now() >= end) return false;
  }
}

bool FolderWalk::nextFolder() {
  if (pending_.empty()) return false;
  current_ = std::move(pending_.front());
  pending_.pop_front();
  if (!visitor_.enter(current_.path)) return true;
  std::error_code error;
  entries_ = fs::directory_iterator(root_ / current_.path, error);
  return true;
}

void FolderWalk::visit(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  std::error_code gone;
  const fs::file_type type = entry.symlink_status(gone).type();
  if (type == fs::file_type::directory) {
    if (!leavesOut(name)) add(pathBelow(current_.path, name), current_.fresh);
  } else if (type == fs::file_type::regular || type == fs::file_type::symlink) {
    visitor_.file(pathBelow(current_.path, name), current_.fresh, type == fs::file_type::symlink);
  }
}

}  // namespace holdfast
