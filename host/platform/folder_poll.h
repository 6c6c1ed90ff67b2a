/// \file folder_poll.h
/// Finds what has changed below a folder by looking through all of it again and again.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "host/platform/event_loop.h"
#include "host/platform/file_stamp.h"
#include "host/platform/folder_walk.h"
#include "host/platform/folder_watch.h"

namespace holdfast {

/// Takes a twentieth of the thread's time at most. On the loop's thread.
class FolderPoll {
 public:
  /// \param since  what FileStamp::changed is later than is told with the first look
  FolderPoll(EventLoop& loop, std::filesystem::path root, const FolderWatch::Listener& listener,
             FolderWatch::Limits limits, std::int64_t since);

  /// The first look is done.
  bool complete() const { return complete_; }

 private:
  void begin();
  void goOn();
  bool enter();
  void full(std::size_t limit, const std::string& what);
  void found(const std::string& path, bool is_link);
  void compare();

  EventLoop& loop_;
  std::filesystem::path root_;
  const FolderWatch::Listener& listener_;
  FolderWatch::Limits limits_;
  std::int64_t since_;
  std::map<std::string, FileStamp> before_;
  std::map<std::string, FileStamp> now_;
  FolderWalk walk_;
  std::size_t folders_ = 0;
  std::chrono::steady_clock::duration spent_{};  ///< on the look that goes on
  bool complete_ = false;
  bool full_said_ = false;
  Timer timer_;
};

/// How long the loop may be kept from other things by one slice of a walk.
inline constexpr std::chrono::milliseconds kWalkSlice{4};

}  // namespace holdfast
