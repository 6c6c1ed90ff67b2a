/// \file inotify_posix.h
/// One inotify queue on the event loop; for *_posix.cpp only.
#pragma once

#include <sys/inotify.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "host/platform/event_loop.h"

namespace holdfast {

class Inotify {
 public:
  /// \param on_event  name: of the entry in the watched folder, empty for the folder itself
  /// \param on_batch  after each read of the queue; may destroy this object
  /// \param rest  after each read, before the next: what happens meanwhile is read together
  /// Throws std::system_error: the system's limit of queues is reached.
  Inotify(EventLoop& loop,
          std::function<void(const inotify_event& event, const std::string& name)> on_event,
          std::function<void()> on_batch, std::chrono::milliseconds rest = {});

  /// \return the watch's number, the same for the same folder; -1 with errno set
  int add(const std::string& folder, std::uint32_t mask);
  void remove(int watch);

 private:
  void onReadable();

  EventLoop& loop_;
  std::function<void(const inotify_event&, const std::string&)> on_event_;
  std::function<void()> on_batch_;
  const std::chrono::milliseconds rest_;
  Socket queue_;
  std::unique_ptr<Watch> watch_;
  Timer timer_;
};

}  // namespace holdfast
