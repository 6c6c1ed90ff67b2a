/// \file reload_trigger.h
/// Says when the site's code or settings have changed on disk.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/platform/event_loop.h"
#include "host/site/change_detector.h"

namespace holdfast {

/// Watches from its construction to its destruction. Create it before the workers are started, so
/// that nothing changes between an import and the first look. On the loop's thread.
class ReloadTrigger {
 public:
  struct Watched {
    std::filesystem::path root;  ///< absolute; need not be there yet, may be a symbolic link
    /// Regular expression for paths below the root, as Settings::Reload::pattern. Empty: nothing is
    /// watched, not even the settings files.
    std::string pattern;
    /// Absolute; need not be there yet. A change counts whatever the pattern says.
    std::vector<std::filesystem::path> settings_files;
    bool operator==(const Watched&) const = default;
  };
  /// May destroy the trigger.
  using OnReload = std::function<void(const ReloadReason&)>;

  /// Never throws for what it finds on disk: what cannot be watched is logged, with the remedy.
  ReloadTrigger(EventLoop& loop, Watched watched, OnReload on_reload,
                ChangeDetector::Pace pace = {});
  ~ReloadTrigger();
  ReloadTrigger(const ReloadTrigger&) = delete;
  ReloadTrigger& operator=(const ReloadTrigger&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
